using Couch.Gateway.Access;
using Couch.Gateway.Connections;
using Couch.Gateway.Hosting;
using Couch.Gateway.Problems;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Couch.Gateway.Requests;

internal static class JsonBodies
{
    private const string Json = "application/json";

    /// <summary>
    /// A body that is not JSON is refused before it is read. A web page can send such a body anywhere without asking first, but cannot send
    /// JSON: this prevents a page from writing to a couch without a host key.
    /// </summary>
    public static void UseJsonBodiesOnly(this WebApplication app) => app.Use((context, next) =>
    {
        // Only where one of the couch's endpoints would read it: an unknown path or method is answered first.
        var isRead = context.GetEndpoint() is RouteEndpoint
            && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };
        return isRead ? Judge(context, next) : next(context);
    });

    private static async Task Judge(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (!await HasBody(context))
        {
            // Some proxies send "chunked" with every request; then an empty body counts as no body.
            context.Features.Set<IHttpRequestBodyDetectionFeature>(NoBody.AtAll);
            await next(context);
        }
        else if (!IsJson(request.ContentType))
        {
            await Refusals.BodyNotJson.ExecuteAsync(context);
        }
        else if (!StringValues.IsNullOrEmpty(request.Headers.ContentEncoding) && request.Headers.ContentEncoding != "identity")
        {
            context.Response.Headers.AcceptEncoding = "identity";
            await Refusals.BodyEncoded.ExecuteAsync(context);
        }
        else if (await TakeIn(context) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
        }
        else
        {
            // Normalized, because the framework's reader fails on a charset in quotes.
            request.ContentType = Json;
            await next(context);
        }
    }

    /// <summary>Whether a body that does not say its length has any: its first byte is looked at, and left to be read again.</summary>
    private static async ValueTask<bool> HasBody(HttpContext context)
    {
        if (context.Request.ContentLength is not null)
            return true;

        var stranger = Stranger(context);
        stranger?.Receiving(true);
        try
        {
            var body = context.Request.BodyReader;
            var read = await body.ReadAsync(context.RequestAborted);
            body.AdvanceTo(read.Buffer.Start);
            return !read.Buffer.IsEmpty;
        }
        finally
        {
            stranger?.Receiving(false);
        }
    }

    /// <summary>
    /// Reads the whole body, and leaves it to be read again. Meanwhile another connection may take the place of a caller that is not a
    /// host, so that a slow sender keeps no other caller away.
    /// </summary>
    private static async ValueTask<Refusal?> TakeIn(HttpContext context)
    {
        if (context.Request.ContentLength > Listening.MostBodyBytes)
            return Refusals.BodyTooLarge;

        var stranger = Stranger(context);
        stranger?.Receiving(true);
        try
        {
            while (true)
            {
                var body = context.Request.BodyReader;
                var read = await body.ReadAsync(context.RequestAborted);
                var (isTooLarge, isWhole) = (read.Buffer.Length > Listening.MostBodyBytes, read.IsCompleted);
                var repeated = isWhole && !isTooLarge ? RepeatedNames.Find(read.Buffer) : null;
                body.AdvanceTo(read.Buffer.Start, isTooLarge || isWhole ? read.Buffer.Start : read.Buffer.End);
                if (isTooLarge)
                    return Refusals.BodyTooLarge;
                if (isWhole)
                    return repeated is null ? null : Refusals.Wrong($"{Printable(repeated)} must not be given twice");
            }
        }
        finally
        {
            stranger?.Receiving(false);
        }
    }

    private static CountedConnection? Stranger(HttpContext context) =>
        context.Features.Get<HostCaller>() is null ? CountedConnection.Of(context) : null;

    /// <summary>A name is the client's own text, so it is shortened to what an answer may quote.</summary>
    private static string Printable(string name) =>
        new([.. name.Take(64).Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? '?' : letter)]);

    private sealed class NoBody : IHttpRequestBodyDetectionFeature
    {
        public static NoBody AtAll { get; } = new();

        public bool CanHaveBody => false;
    }

    /// <summary>
    /// Removes the framework's own check of the content type from these endpoints: it would answer 415 while routing, before the caller is
    /// identified. <see cref="UseJsonBodiesOnly"/> makes the same check later, for every endpoint.
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
