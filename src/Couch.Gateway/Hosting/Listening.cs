using Couch.Gateway.Mcp;
using Couch.Gateway.Telemetry;

namespace Couch.Gateway.Hosting;

internal static class Listening
{
    /// <summary>The largest body that is read; beyond it, 413.</summary>
    public const int MostBodyBytes = 64 * 1024;

    /// <summary>Up to this size the rest of a body that is too large is read and discarded, so that its sender can read the 413.</summary>
    private const int MostDrainedBytes = 1024 * 1024;

    public static void ListenOn(this WebApplicationBuilder builder, Addresses addresses)
    {
        if (addresses.Urls is { } urls)
            builder.WebHost.UseUrls(urls);
        // Container images set it. It has no effect here, and would cause a warning at every start.
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "");

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostDrainedBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.MaxRequestLineSize = 8 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
    }

    /// <summary>
    /// Lets endpoints that answer GET answer HEAD as well: the server omits the body itself, because it looks at the method that was sent.
    /// </summary>
    public static void UseHead(this WebApplication app) => app.Use((context, next) =>
    {
        if (HttpMethods.IsHead(context.Request.Method))
            context.Request.Method = HttpMethods.Get;
        return next(context);
    });

    /// <summary>Answers contain secrets or become stale at once: no cache may keep them.</summary>
    public static void UseNoStore(this WebApplication app) => app.Use((context, next) =>
    {
        if (context.Request.Path.StartsWithSegments("/couch", StringComparison.OrdinalIgnoreCase)
            || context.Request.Path.StartsWithSegments(McpHosting.Path, StringComparison.OrdinalIgnoreCase)
            || context.Request.Path.StartsWithSegments(DashboardHosting.Path, StringComparison.OrdinalIgnoreCase))
            context.Response.Headers.CacheControl = "no-store";
        return next(context);
    });
}
