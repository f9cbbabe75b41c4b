using System.Net;
using System.Net.Sockets;

namespace Couch.Cluster.Webhooks;

/// <summary>Resolves a name to its addresses.</summary>
internal delegate Task<IPAddress[]> ResolveName(string host, CancellationToken cancel);

/// <summary>Opens a connection to an address.</summary>
internal delegate Task<Stream> Dial(IPEndPoint to, CancellationToken cancel);

/// <summary>The receiver's name has no address that events may be sent to. The message does not reveal the addresses.</summary>
internal sealed class NotPublicException()
    : IOException("the name leads to no public address, and the couch sends to others only where COUCH_WEBHOOK_PRIVATE is true");

/// <summary>
/// Opens connections to receivers. For each connection the name is resolved once, its addresses are checked, and the connection is
/// opened to a checked address. A name whose addresses change after the check gains nothing.
/// </summary>
internal sealed class WebhookConnections(ResolveName resolve, Dial dial, WebhookOptions options)
{
    /// <summary>The bound for one of several addresses, so that there is time for the others.</summary>
    private static readonly TimeSpan LongestDial = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection is reused. It is short, because only a new connection resolves and checks the name again.</summary>
    private static readonly TimeSpan LongestUse = TimeSpan.FromSeconds(30);

    private const int MostDrained = 16 * 1024;
    private const int MostHeadersKB = 16;

    /// <summary>An HTTP handler that uses these connections, without cookies, proxies, redirects or trace headers.</summary>
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

    /// <summary>Opens a connection to the first allowed address that accepts one.</summary>
    /// <exception cref="NotPublicException">No address of the name is allowed.</exception>
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

    /// <summary>Opens a TCP connection.</summary>
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
