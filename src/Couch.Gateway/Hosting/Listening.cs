using Couch.Gateway.Telemetry;

namespace Couch.Gateway.Hosting;

internal static class Listening
{
    /// <summary>The largest body that is read; beyond it, 413.</summary>
    public const int MostBodyBytes = 64 * 1024;

    /// <summary>Up to here the rest of too large a body is taken in and thrown away, so that its sender gets to read the 413.</summary>
    private const int MostDrainedBytes = 1024 * 1024;

    public static void ListenOn(this WebApplicationBuilder builder, Addresses addresses)
    {
        if (addresses.Urls is { } urls)
            builder.WebHost.UseUrls(urls);
        // Container images set it. It never counts here, and would be complained of at every start.
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
    /// What answers GET answers HEAD as well: the server itself leaves the body out, and looks at the method that was sent for that.
    /// </summary>
    public static void UseHead(this WebApplication app) => app.Use((context, next) =>
    {
        if (HttpMethods.IsHead(context.Request.Method))
            context.Request.Method = HttpMethods.Get;
        return next(context);
    });

    /// <summary>What is shown holds secrets or goes stale at once: no cache may keep it.</summary>
    public static void UseNoStore(this WebApplication app) => app.Use((context, next) =>
    {
        if (context.Request.Path.StartsWithSegments("/couch", StringComparison.OrdinalIgnoreCase)
            || context.Request.Path.StartsWithSegments(DashboardHosting.Path, StringComparison.OrdinalIgnoreCase))
            context.Response.Headers.CacheControl = "no-store";
        return next(context);
    });
}
