using Couch.Domain.Capabilities;
using Couch.Gateway.Access;
using Couch.Gateway.Problems;

namespace Couch.Gateway.Mcp;

/// <summary>
/// Who may speak MCP at all, decided before a body is read: not another site's web page, and nobody with a bearer that is neither a
/// guest's token nor a host key. Which tools a caller may call, their endpoints decide.
/// </summary>
internal static class McpAccess
{
    public static void UseMcpAccess(this WebApplication app) => app.Use((context, next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<McpDoor>() is null ? next(context) : Judge(context, next));

    public static McpCaller CallerOf(HttpContext context)
    {
        var bearer = Bearer.Of(context.Request);
        var host = context.Features.Get<HostCaller>();
        // A host key may begin as a token does. Where this machine is the host, what is shown does not matter to hosts' endpoints.
        var isGuest = bearer is not null && IsLikeToken(bearer) && (host is null || host == HostCaller.Loopback);
        return new(host, isGuest, bearer is not null);
    }

    private static async Task Judge(HttpContext context, RequestDelegate next)
    {
        if (IsFromAnotherSite(context.Request))
        {
            await Refusals.NotFromAnotherSite.ExecuteAsync(context);
            return;
        }

        var host = await context.RequestServices.GetRequiredService<HostKeyring>().Find(context);
        if (host is not null)
            context.Features.Set(host);
        else if (Bearer.Of(context.Request) is { } bearer && !IsLikeToken(bearer))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await Refusals.WrongHostKey.ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    private static bool IsLikeToken(string bearer) => bearer.StartsWith(GuestToken.Prefix, StringComparison.Ordinal);

    /// <summary>
    /// Whether a browser says that another site's page asks. A page of a name that was rebound to this machine is of the same site: for
    /// the endpoints behind the tools it is a stranger, see <see cref="OriginalCaller"/>.
    /// </summary>
    private static bool IsFromAnotherSite(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"] is not ([] or ["same-origin"] or ["none"])
        || !(request.Headers.Origin is [] || (request.Headers.Origin is [{ } origin] && IsOwn(origin, request.Host)));

    private static bool IsOwn(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var site) && site.Scheme is "http" or "https"
        && site.Host.Equals(host.Host, StringComparison.OrdinalIgnoreCase)
        && site.Port == (host.Port ?? (site.Scheme is "https" ? 443 : 80));
}

/// <summary>Marks the endpoint at <see cref="McpHosting.Path"/>.</summary>
internal sealed class McpDoor;
