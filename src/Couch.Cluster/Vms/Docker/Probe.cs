using System.Net.Sockets;

namespace Couch.Cluster.Vms.Docker;

/// <summary>What tells that a running sandbox is ready.</summary>
public abstract record Probe
{
    // A published port answers in well under a second or is not ready; the next observation asks again.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    // How long a connection must stay open. Docker's own proxy accepts before it knows whether anybody listens.
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(200);

    private Probe()
    {
    }

    /// <summary>Running is ready.</summary>
    public static Probe None { get; } = new Nothing();

    /// <summary>Reads <c>none</c>, <c>tcp</c> or <c>http:/path</c>; null for anything else.</summary>
    public static Probe? Parse(string text) => text switch
    {
        "none" => None,
        "tcp" => new Tcp(),
        _ when text.StartsWith("http:/", StringComparison.Ordinal) && !text.StartsWith("http://", StringComparison.Ordinal)
            && Uri.TryCreate("http://localhost" + text[5..], UriKind.Absolute, out _) => new Http(text[5..]),
        _ => null,
    };

    /// <summary>Whether the sandbox answers at its published port.</summary>
    internal async Task<bool> Answers(string host, int port, TimeProvider clock, CancellationToken cancel)
    {
        using var bound = new CancellationTokenSource(Bound, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancel);
        try
        {
            return await Ask(host, port, clock, either.Token);
        }
        catch (Exception refusal) when (refusal is SocketException or IOException or HttpRequestException
            || (refusal is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }

    private protected abstract Task<bool> Ask(string host, int port, TimeProvider clock, CancellationToken cancel);

    /// <inheritdoc cref="None"/>
    public sealed record Nothing : Probe
    {
        private protected override Task<bool> Ask(string host, int port, TimeProvider clock, CancellationToken cancel) => Task.FromResult(true);
    }

    /// <summary>Something accepts a connection and does not close it at once.</summary>
    public sealed record Tcp : Probe
    {
        private protected override async Task<bool> Ask(string host, int port, TimeProvider clock, CancellationToken cancel)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, cancel);
            using var settled = new CancellationTokenSource(Settled, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(settled.Token, cancel);
            try
            {
                return await client.GetStream().ReadAsync(new byte[1], either.Token) > 0;
            }
            catch (OperationCanceledException) when (settled.IsCancellationRequested)
            {
                return true;
            }
        }
    }

    /// <summary>A GET of the path is answered with a success.</summary>
    public sealed record Http(string Path) : Probe
    {
        // The sandbox is a neighbour: neither a proxy nor its redirects have a say.
        private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.Zero });

        private protected override async Task<bool> Ask(string host, int port, TimeProvider clock, CancellationToken cancel)
        {
            using var answer = await Client.GetAsync(new UriBuilder("http", host, port).Uri + Path[1..], HttpCompletionOption.ResponseHeadersRead, cancel);
            return answer.IsSuccessStatusCode;
        }
    }
}
