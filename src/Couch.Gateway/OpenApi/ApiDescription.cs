using System.Text.Json;
using Couch.Domain.Text;
using Couch.Gateway.Access;
using Couch.Gateway.Webhooks;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Couch.Gateway.OpenApi;

/// <summary>The couch's own description, at <c>/openapi/v1.json</c>. Prose comes from the XML docs of endpoints and shapes.</summary>
internal static class ApiDescription
{
    private const string HostKey = "hostKey";
    private const string GuestToken = "guestToken";

    public static void AddApiDescription(this IServiceCollection services)
    {
        services.AddSingleton<Description>();
        services.AddOpenApi(Description.Name, openApi =>
        {
            openApi.AddDocumentTransformer((document, _, _) =>
            {
                // The description is the same for all callers and host names: the server is the one that received the request.
                document.Servers = null;
                document.Info.Title = "Couch";
                document.Info.Description = "Hospitality for agent fleets: single-use invites, guests with limits, and a kill switch.";
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
                {
                    [HostKey] = Bearer("The configured host key (COUCH_AUTH_TOKEN), or one of less scope made under it, beginning couch_. "
                        + "Without a configured one, only callers on the same machine are hosts."),
                    [GuestToken] = Bearer("A guest's own token, beginning guest_."),
                };
                return Task.CompletedTask;
            });
            openApi.AddSchemaTransformer((schema, context, _) =>
            {
                // The couch's own converter writes it, so the framework does not know its format.
                if (context.JsonTypeInfo.Type == typeof(DateTimeOffset) || context.JsonTypeInfo.Type == typeof(DateTimeOffset?))
                {
                    schema.Type = context.JsonTypeInfo.Type == typeof(DateTimeOffset)
                        ? JsonSchemaType.String
                        : JsonSchemaType.String | JsonSchemaType.Null;
                    schema.Format = "date-time";
                }

                if (context.JsonTypeInfo.Type == typeof(WantedTypes))
                {
                    schema.Type = JsonSchemaType.Array | JsonSchemaType.String | JsonSchemaType.Null;
                    schema.Items = new OpenApiSchema { Type = JsonSchemaType.String };
                }

                if (context.JsonTypeInfo.Type == typeof(JsonElement))
                    (schema.Type, schema.Description) = (JsonSchemaType.Object, "An object whose fields depend on the event's type.");

                return Task.CompletedTask;
            });
            openApi.AddOperationTransformer((operation, context, _) =>
            {
                Describe(operation, context);
                return Task.CompletedTask;
            });
        });
    }

    public static void MapApiDescription(this IEndpointRouteBuilder app) =>
        app.MapGet("/openapi/v1.json", (HttpRequest request, Description description, CancellationToken cancel) => description.For(request,
            cancel))
            .LimitTo(app, RateLimits.Status).ExcludeFromDescription();

    private static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        foreach (var described in metadata.OfType<Described>())
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = described.Name,
                In = described.In,
                Description = described.Description,
                Required = described == Described.Code,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }

        // The empty requirement is there because the token may be sent in another place instead.
        if (metadata.OfType<TakesGuestBearer>().Any())
            operation.Security = [Requirement(context, GuestToken), []];
        if (metadata.OfType<IAuthorizeData>().Any(data => data.Policy == HostAccess.Policy))
            operation.Security = [Requirement(context, HostKey)];
        if (metadata.OfType<Needs>().LastOrDefault() is { AnyOf: [_, ..] scopes })
            operation.Description = $"{operation.Description} Opens to host keys of scope "
                + $"{string.Join(" or ", scopes.Select(scope => scope.Word()))}.".Trim();

        ResponseHeaders.AddTo(
            operation, tellsLocation: context.Description.RelativePath is "couch/invites" or "couch/keys" or "couch/webhooks",
            tellsTag: metadata.Contains(Described.IfNoneMatch));
    }

    private static OpenApiSecurityRequirement Requirement(OpenApiOperationTransformerContext context, string scheme) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] };

    private static OpenApiSecurityScheme Bearer(string description) =>
        new() { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = description };
}
