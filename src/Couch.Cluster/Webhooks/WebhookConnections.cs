using System.Net;
using System.Net.Sockets;

namespace Couch.Cluster.Webhooks;

/// <summary>The addresses of a name.</summary>
internal delegate Task<IPAddress[]> ResolveName(string host, CancellationToken cancel);

/// <summary>A connection to this address.</summary>
internal delegate Task<Stream> Dial(IPEndPoint to, CancellationToken cancel);

/// <summary>An address that events are not sent to.</summary>
internal sealed class NotPublicException()
    : IOException("the name leads to no public address, and the couch sends to others only where COUCH_WEBHOOK_PRIVATE is true");

/// <summary>
/// Connections to receivers. A name is resolved once, what it leads to is checked, and the connection is made to what was
/// checked: a name that says something else a moment later gains nothing.
/// </summary>
internal sealed class WebhookConnections(ResolveName resolve, Dial dial, WebhookOptions options)
{
    /// <summary>One of several addresses that does not answer leaves time for the others.</summary>
    private static readonly TimeSpan LongestDial = TimeSpan.FromSeconds(5);

    /// <summary>Short: a name is resolved, and checked, for each new connection.</summary>
    private static readonly TimeSpan LongestUse = TimeSpan.FromSeconds(30);

    private const int MostDrained = 16 * 1024;
    private const int MostHeadersKB = 16;

    /// <summary>Sends requests over them: as they are, without cookies, proxies, redirects or traces.</summary>
    public SocketsHttpHandler Handler() => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectCallback = async (context, cancel) => await Connect(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancel),
        PooledConnectionLifetime = LongestUse,
        PooledConnectionIdleTimeout = LongestUse / 3,
        MaxResponseHeadersLength = MostHeadersKB,
        MaxResponseDrainSize = MostDrained,
    };

    /// <summary>A connection to the first address of the name that takes one.</summary>
    /// <exception cref="NotPublicException">None of its addresses may be connected to.</exception>
    internal async Task<Stream> Connect(string host, int port, CancellationToken cancel)
    {
        IPAddress[] found = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancel);
        var allowed = options.AllowsPrivate ? found : [.. found.Where(PublicAddresses.Has)];
        Exception failure = found.Length == 0 ? new SocketException((int)SocketError.HostNotFound) : new NotPublicException();
        foreach (var address in allowed)
        {
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            if (allowed.Length > 1)
                bound.CancelAfter(LongestDial);
            try
            {
                return await dial(new(address, port), bound.Token);
            }
            catch (Exception refused) when (!cancel.IsCancellationRequested)
            {
                failure = refused;
            }
        }

        throw failure;
    }

    /// <summary>A connection as the system makes it.</summary>
    internal static async Task<Stream> DialDirectly(IPEndPoint to, CancellationToken cancel)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(to, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
