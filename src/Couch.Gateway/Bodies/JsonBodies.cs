using Couch.Domain.Text;
using Couch.Gateway.Hosting;
using Couch.Gateway.Problems;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Couch.Gateway.Bodies;

internal static class JsonBodies
{
    private const string Json = "application/json";

    public static void AddBodies(this IServiceCollection services) =>
        services.ConfigureHttpJsonOptions(json =>
        {
            CouchJson.Configure(json.SerializerOptions);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, GatewayJson.Default);
        });

    /// <summary>
    /// A body that is not JSON is refused before it is read. A web page can send such a body anywhere without asking
    /// first, but never JSON: this is what keeps a couch without a host key from being written to by a page.
    /// </summary>
    public static void UseJsonBodiesOnly(this WebApplication app) => app.Use((context, next) =>
    {
        // Only where an endpoint of ours would read it: no such path and no such method are said first.
        var isRead = context.GetEndpoint() is RouteEndpoint && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };
        return isRead ? Judge(context, next) : next(context);
    });

    private static async Task Judge(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (!IsJson(request.ContentType))
        {
            await Refusals.BodyNotJson.ExecuteAsync(context);
        }
        else if (await IsTooLarge(request, context.RequestAborted))
        {
            await Refusals.BodyTooLarge.ExecuteAsync(context);
        }
        else
        {
            // In one spelling from here: the framework's reader stumbles over a charset in quotes.
            request.ContentType = Json;
            await next(context);
        }
    }

    /// <summary>Where a body does not say its length, it is looked at as far as it may go, and left to be read again.</summary>
    private static async ValueTask<bool> IsTooLarge(HttpRequest request, CancellationToken cancel)
    {
        if (request.ContentLength is { } length)
            return length > Listening.MostBodyBytes;

        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancel);
            var (isTooLarge, isWhole) = (read.Buffer.Length > Listening.MostBodyBytes, read.IsCompleted);
            request.BodyReader.AdvanceTo(read.Buffer.Start, isTooLarge || isWhole ? read.Buffer.Start : read.Buffer.End);
            if (isTooLarge || isWhole)
                return isTooLarge;
        }
    }

    /// <summary>
    /// Takes the framework's own look at the content type off these endpoints: it would answer 415 while routing, before
    /// it is known who asks. <see cref="UseJsonBodiesOnly"/> asks the same later, and of every endpoint.
    /// </summary>
    public static TBuilder AcceptsAfterAccess<TBuilder>(this TBuilder endpoints) where TBuilder : IEndpointConventionBuilder
    {
        endpoints.Finally(endpoint =>
        {
            foreach (var accepts in endpoint.Metadata.OfType<Microsoft.AspNetCore.Http.Metadata.IAcceptsMetadata>().ToList())
                endpoint.Metadata.Remove(accepts);
        });
        return endpoints;
    }

    private static bool IsJson(string? contentType) =>
        contentType == Json
        || (MediaTypeHeaderValue.TryParse(contentType, out var type)
            && type.MediaType.Equals(Json, StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)));
}
