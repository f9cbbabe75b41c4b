using Microsoft.OpenApi;

namespace Couch.Gateway.OpenApi;

/// <summary>Describes the headers of answers.</summary>
internal static class ResponseHeaders
{
    public static void AddTo(OpenApiOperation operation, bool tellsLocation, bool tellsTag)
    {
        foreach (var (status, response) in operation.Responses ?? [])
        {
            (string Name, string Description)[] headers = status switch
            {
                "200" or "304" when tellsTag => [("ETag", "Changes with the status and the endpoint, and with nothing else.")],
                "201" when tellsLocation => [("Location", "The path of what was made.")],
                "401" => [("WWW-Authenticate", "Always Bearer.")],
                "403" => [("WWW-Authenticate", "Bearer with error insufficient_scope, and the scope, where it is the key's scope that is "
                    + "too little.")],
                "429" =>
                [
                    ("Retry-After", "In how many seconds to ask again."),
                    ("RateLimit-Limit", "How many requests one address may make in a minute."),
                    ("RateLimit-Remaining", "How many are left: none."),
                    ("RateLimit-Reset", "In how many seconds the next minute begins."),
                ],
                "503" => [("Retry-After", "In how many seconds to ask again.")],
                _ => [],
            };
            if (headers.Length > 0 && response is OpenApiResponse known)
            {
                known.Headers = headers.ToDictionary(
                    header => header.Name,
                    IOpenApiHeader (header) => new OpenApiHeader
                    {
                        Description = header.Description,
                        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                    });
            }
        }
    }
}
