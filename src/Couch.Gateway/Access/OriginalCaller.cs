using Couch.Gateway.Connections;
using Couch.Gateway.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace Couch.Gateway.Access;

/// <summary>
/// Whether a request comes from this machine, decided before anything has rewritten the request. This matters only while no host key is
/// set: then a caller on loopback is a host, and neither a proxy on this machine nor a web page that has rebound its name to this machine
/// may count as one. In doubt the caller is not on this machine.
/// </summary>
internal sealed class OriginalCaller
{
    private static readonly string[] ForwardingHeaders =
        ["Forwarded", "Via", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP"];

    private static readonly string[] ForwardingPrefixes = ["X-Forwarded", "X-Original-", "X-ProxyUser-", "X-Envoy-"];

    private readonly bool isOnThisMachine;

    private OriginalCaller(bool isOnThisMachine) => this.isOnThisMachine = isOnThisMachine;

    /// <summary>The stored decision; decided now if there is none.</summary>
    public static bool IsOnThisMachine(HttpContext context) => (context.Features.Get<OriginalCaller>() ?? Look(context)).isOnThisMachine;

    /// <summary>Decides before forwarding headers are read, and stores the decision. What is decided already stays so.</summary>
    public static void Remember(HttpContext context)
    {
        if (context.Features.Get<OriginalCaller>() is null)
            context.Features.Set(Look(context));
    }

    /// <summary>Makes the decision about one request count for another, which is sent for it.</summary>
    public static void Pass(HttpContext from, IFeatureCollection to) => to.Set(from.Features.Get<OriginalCaller>() ?? Look(from));

    private static OriginalCaller Look(HttpContext context) => new(
        context.Connection.RemoteIpAddress is { } address && Addresses.IsLoopback(address)
        && Addresses.NamesLoopback(context.Request.Host.Host)
        && !HttpProtocol.IsHttp10(context.Request.Protocol)
        && !context.Request.Headers.Keys.Any(IsForwarding)
        && CountedConnection.Of(context) is { } connection && connection.IsOwn(LoopbackPeer.IsOwn));

    private static bool IsForwarding(string header) =>
        ForwardingHeaders.Contains(header, StringComparer.OrdinalIgnoreCase)
        || Array.Exists(ForwardingPrefixes, prefix => header.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
