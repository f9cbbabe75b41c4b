using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Couch.Tests.Support;

/// <summary>
/// Stands between a couch and what it depends on: passes everything on, goes dead, hangs, loses an answer, or keeps a request back.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private volatile int target;
    private int accepted;
    private readonly List<TcpClient> open = [];
    private readonly Task accepting;
    private readonly CancellationTokenSource closing = new();
    private volatile bool isDead;
    private Trap? loseReplyTo;
    private Trap? holdBack;
    private Trap? holdReplyTo;
    private volatile TaskCompletionSource? held;
    private volatile TaskCompletionSource? frozen;

    public TcpProxy(int target)
    {
        this.target = target;
        listener.Start();
        accepting = Accept();
    }

    /// <summary>Stands before the PostgreSQL of <paramref name="connection"/>.</summary>
    /// <param name="through">The way there by this proxy.</param>
    public static TcpProxy Before(string connection, out string through)
    {
        var way = new NpgsqlConnectionStringBuilder(connection);
        var proxy = new TcpProxy(way.Port);
        way.Port = proxy.Port;
        through = way.ConnectionString;
        return proxy;
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Connections that have been taken, or refused.</summary>
    public int Accepted => Volatile.Read(ref accepted);

    /// <summary>Cuts every connection and leads new ones elsewhere, as a virtual address does that moves.</summary>
    public void LeadTo(int port)
    {
        target = port;
        Cut();
    }

    /// <summary>Cuts every connection and takes no new one until <see cref="Heal"/>.</summary>
    public void GoDead()
    {
        isDead = true;
        Cut();
    }

    /// <summary>Every connection stays and new ones are taken, but no byte passes until <see cref="Heal"/>.</summary>
    public void Hang() => frozen = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Heal()
    {
        isDead = false;
        frozen?.TrySetResult();
        frozen = null;
    }

    /// <summary>The next request that holds <paramref name="text"/> reaches the database, whose answer does not come back.</summary>
    public void LoseReplyTo(string text) => loseReplyTo = new(text);

    /// <summary>The next request that holds <paramref name="text"/> is kept here until <see cref="LetGo"/>.</summary>
    public void HoldBack(string text) => holdBack = new(text);

    /// <summary>
    /// The answer to the next request that holds <paramref name="text"/>, or to the one after those, is kept here until
    /// <see cref="LetGo"/>.
    /// </summary>
    /// <param name="after">How many such requests are answered before.</param>
    public void HoldReplyTo(string text, int after = 0) => holdReplyTo = new(text, after);

    /// <summary>Whether a request, or an answer, is kept here.</summary>
    public bool IsHolding => held is { Task.IsCompleted: false };

    public void LetGo() => held?.SetResult();

    /// <summary>Whether the answer that was to be lost has been lost.</summary>
    public bool HasLostReply { get; private set; }

    public async ValueTask DisposeAsync()
    {
        // The listener ends after the loop: asked for a client once it is stopped, it throws.
        await closing.CancelAsync();
        await accepting;
        listener.Dispose();
        closing.Dispose();
        GoDead();
        Heal();
    }

    private void Cut()
    {
        lock (open)
        {
            open.ForEach(client => client.Dispose());
            open.Clear();
        }
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(closing.Token);
                Interlocked.Increment(ref accepted);
                if (isDead)
                    client.Dispose();
                else
                    _ = Forward(client);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task Forward(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            lock (open)
                open.AddRange([client, server]);
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, target);
                var replies = new Replies();
                await Task.WhenAny(
                    Pump(client.GetStream(), server.GetStream(), replies, isRequest: true),
                    Pump(server.GetStream(), client.GetStream(), replies, isRequest: false));
            }
            catch (Exception cut) when (cut is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
            }
        }
    }

    private async Task Pump(NetworkStream from, NetworkStream to, Replies replies, bool isRequest)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer) is var count and > 0)
        {
            var chunk = buffer.AsMemory(0, count);
            if (frozen is { } until)
                await until.Task;

            if (isRequest)
            {
                if (Springs(ref holdBack, chunk.Span))
                    await Hold();
                if (Springs(ref loseReplyTo, chunk.Span))
                    replies.AreLost = true;
                if (Springs(ref holdReplyTo, chunk.Span))
                    replies.IsNextHeld = true;
            }
            else if (replies.AreLost)
            {
                HasLostReply = true;
                return;
            }
            else if (replies.IsNextHeld)
            {
                replies.IsNextHeld = false;
                await Hold();
            }

            await to.WriteAsync(chunk);
        }
    }

    private Task Hold()
    {
        held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return held.Task;
    }

    /// <summary>Whether this request is the one; the trap is gone then.</summary>
    private static bool Springs(ref Trap? trap, ReadOnlySpan<byte> request)
    {
        if (trap?.IsSprungBy(request) is not true)
            return false;
        trap = null;
        return true;
    }

    /// <summary>Waits for a request that holds a text, after so many others that do.</summary>
    private sealed class Trap(string text, int after = 0)
    {
        private readonly byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        private int left = after;

        public bool IsSprungBy(ReadOnlySpan<byte> request) => request.IndexOf(bytes) >= 0 && Interlocked.Decrement(ref left) < 0;
    }

    /// <summary>What becomes of a connection's next answer.</summary>
    private sealed class Replies
    {
        public volatile bool AreLost;
        public volatile bool IsNextHeld;
    }
}
