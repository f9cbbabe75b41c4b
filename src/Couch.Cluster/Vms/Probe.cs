using System.Net.Sockets;
using Couch.Cluster.Configuration;

namespace Couch.Cluster.Vms;

/// <summary>Checks whether the agent of a running VM answers too. False, not an exception, when it does not yet.</summary>
public delegate Task<bool> VmProbe(string endpoint, CancellationToken cancel);

/// <summary>How a running VM is found to be ready: its endpoint answers.</summary>
public abstract record Probe
{
    // An endpoint answers in well under a second or is not ready; the next observation asks again.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    // How long a connection must stay open. Docker's own proxy accepts a connection before it knows whether there is a listener.
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(200);

    private Probe()
    {
    }

    /// <summary>A running VM counts as ready.</summary>
    public static Probe None { get; } = new Nothing();

    /// <summary>Reads <c>COUCH_VM_PROBE</c>, telling <paramref name="settings"/> when it is wrong.</summary>
    public static Probe Read(Settings settings, string otherwise)
    {
        var text = settings.Text("COUCH_VM_PROBE");
        var probe = Parse(text ?? otherwise);
        if (probe is null)
            settings.Wrong("COUCH_VM_PROBE", $"must be none, tcp or http:/path, not '{text}'");
        return probe ?? None;
    }

    /// <summary>Reads <c>none</c>, <c>tcp</c> or <c>http:/path</c>; null for anything else.</summary>
    public static Probe? Parse(string text) => text switch
    {
        "none" => None,
        "tcp" => new Tcp(),
        _ when text.StartsWith("http:/", StringComparison.Ordinal) && !text.StartsWith("http://", StringComparison.Ordinal)
            && Uri.TryCreate("http://localhost" + text[5..], UriKind.Absolute, out _) => new Http(text[5..]),
        _ => null,
    };

    /// <summary>Whether <paramref name="endpoint"/>, an http or https address, answers.</summary>
    internal async Task<bool> Answers(Uri endpoint, TimeProvider clock, CancellationToken cancel)
    {
        using var bound = new CancellationTokenSource(Bound, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancel);
        try
        {
            return await Ask(endpoint, clock, either.Token);
        }
        catch (Exception refusal) when (refusal is SocketException or IOException or HttpRequestException
            || (refusal is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }

    private protected abstract Task<bool> Ask(Uri endpoint, TimeProvider clock, CancellationToken cancel);

    /// <inheritdoc cref="None"/>
    public sealed record Nothing : Probe
    {
        private protected override Task<bool> Ask(Uri endpoint, TimeProvider clock, CancellationToken cancel) => Task.FromResult(true);
    }

    /// <summary>A connection is accepted, and not closed at once.</summary>
    public sealed record Tcp : Probe
    {
        private protected override async Task<bool> Ask(Uri endpoint, TimeProvider clock, CancellationToken cancel)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(endpoint.Host, endpoint.Port, cancel);
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
        // Neither a proxy nor a redirect is used: the endpoint itself must answer.
        private static readonly HttpClient Client = new(
            new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.Zero });

        private protected override async Task<bool> Ask(Uri endpoint, TimeProvider clock, CancellationToken cancel)
        {
            using var answer = await Client.GetAsync(
                endpoint.GetLeftPart(UriPartial.Authority) + Path, HttpCompletionOption.ResponseHeadersRead, cancel);
            return answer.IsSuccessStatusCode;
        }
    }
}
