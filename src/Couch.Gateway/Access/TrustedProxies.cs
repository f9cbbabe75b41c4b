using Microsoft.AspNetCore.HttpOverrides;

namespace Couch.Gateway.Access;

internal static class TrustedProxies
{
    public static void AddTrustedProxies(this IServiceCollection services, HttpOptions http) =>
        services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            // The scheme too: commands that are handed out must not send a code in the clear where TLS ends at the proxy.
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            // All trusted hops are removed; the first address that is not a trusted proxy's is the client's.
            forwarded.ForwardLimit = null;
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var network in http.TrustedProxies)
                forwarded.KnownIPNetworks.Add(network);
        });

    public static void UseTrustedProxies(this WebApplication app, HttpOptions http)
    {
        if (http.TrustedProxies.Count == 0)
            return;

        // Reading the headers rewrites the caller's address, so whether the caller is on this machine is decided before.
        app.Use((context, next) =>
        {
            OriginalCaller.Remember(context);
            return next(context);
        });
        app.UseForwardedHeaders();
    }
}
