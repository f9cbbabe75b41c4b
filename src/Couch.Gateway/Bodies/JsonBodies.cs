using Couch.Domain.Text;
using Couch.Gateway.Hosting;
using Couch.Gateway.Problems;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Couch.Gateway.Bodies;

internal static class JsonBodies
{
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
        if (context.GetEndpoint() is not RouteEndpoint || context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
            return next(context);
        if (!IsJson(context.Request.ContentType))
            return Refusals.BodyNotJson.ExecuteAsync(context);
        return context.Request.ContentLength > Listening.MostBodyBytes
            ? Refusals.BodyTooLarge.ExecuteAsync(context)
            : next(context);
    });

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
        contentType == "application/json"
        || (MediaTypeHeaderValue.TryParse(contentType, out var type)
            && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)));
}
