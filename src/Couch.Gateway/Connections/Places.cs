using System.Net;
using System.Numerics;
using Microsoft.AspNetCore.Connections;

namespace Couch.Gateway.Connections;

/// <summary>
/// The places for connections, as many as <see cref="Capacity"/> says. If all ordinary places are taken, a new connection gets the place of
/// the one with the weakest <see cref="Claim"/>, among clients with the most connections first. If all connections are being served, the
/// new one gets a reserved place, which is only for hosts' requests and health probes. If those are taken too, no connection is accepted.
/// </summary>
internal sealed partial class Places : IDisposable
{
    /// <summary>How long a new connection may take to send the whole header of its first request.</summary>
    public static readonly TimeSpan FirstRequest = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Rounds = TimeSpan.FromSeconds(1);

    private readonly Lock door = new();
    private readonly HashSet<CountedConnection> taken = [];
    private readonly Capacity capacity;
    private readonly IReadOnlyList<IPNetwork> proxies;
    private readonly TimeProvider clock;
    private readonly ILogger<Places> log;
    private readonly ITimer rounds;
    private TaskCompletionSource changed = NewSignal();
    private int leaving;
    private int madeRoom;
    private volatile bool isCrowded;
    private volatile bool isAwaited;

    public Places(Capacity capacity, HttpOptions http, TimeProvider clock, ILogger<Places> log)
    {
        (this.capacity, proxies, this.clock, this.log) = (capacity, http.TrustedProxies, clock, log);
        rounds = clock.CreateTimer(_ => GoRound(), null, Rounds, Rounds);
    }

    /// <summary>Whether reserved places are in use.</summary>
    public bool IsCrowded => isCrowded;

    /// <summary>How many connections only wait for news.</summary>
    internal int Waiting
    {
        get
        {
            var now = clock.GetTimestamp();
            lock (door)
                return taken.Count(connection => connection.Yields(now) is (Claim.Waiting, _));
        }
    }

    /// <summary>Returns once another connection may be accepted.</summary>
    public async Task WaitForRoom(CancellationToken cancel)
    {
        while (true)
        {
            List<CountedConnection> going;
            Task change;
            lock (door)
            {
                if (taken.Count < capacity.All)
                    return;
                isAwaited = true;
                (going, change) = (leaving == 0 ? ChooseToClose() : [], changed.Task);
            }

            Abort(going);
            await change.WaitAsync(cancel);
        }
    }

    /// <summary>Gives a connection its place.</summary>
    public CountedConnection Take(ConnectionContext accepted)
    {
        var connection = new CountedConnection(accepted, this, clock);
        List<CountedConnection> going = [];
        lock (door)
        {
            if (taken.Count - leaving >= capacity.Ordinary)
                going = ChooseToClose();
            taken.Add(connection);
            connection.IsOnKeptPlace = taken.Count - leaving > capacity.Ordinary;
            Count();
        }

        Abort(going);
        return connection;
    }

    /// <summary>Frees the place of a closed connection.</summary>
    public void Remove(CountedConnection connection)
    {
        lock (door)
        {
            if (!taken.Remove(connection))
                return;
            if (connection.IsLeaving)
                leaving--;
            Count();
        }

        Changed();
    }

    /// <summary>The claim of a connection may have become weaker: a connection that waits for a place checks again.</summary>
    public void Changed()
    {
        if (!isAwaited)
            return;

        TaskCompletionSource over;
        lock (door)
        {
            isAwaited = false;
            (over, changed) = (changed, NewSignal());
        }

        over.SetResult();
    }

    public void Dispose() => rounds.Dispose();

    private void Count() => isCrowded = taken.Count - leaving > capacity.Ordinary;

    /// <summary>
    /// The connections that lose their places. There are several at a time, so that a flood does not cause a search for each new
    /// connection. Between equal claims, the older one goes first. A trusted proxy acts for many clients, and does not count as one with
    /// many connections.
    /// </summary>
    private List<CountedConnection> ChooseToClose()
    {
        var now = clock.GetTimestamp();
        var crowds = taken.CountBy(connection => connection.Client).ToDictionary(
            crowd => crowd.Key, crowd => BitOperations.Log2((uint)crowd.Value));
        var going = taken.Where(connection => !connection.IsLeaving)
            .Select(connection => (Connection: connection, Yields: connection.Yields(now)))
            .Where(each => each.Yields is not null)
            .OrderByDescending(each => IsProxy(each.Connection) ? -1 : crowds[each.Connection.Client])
            .ThenBy(each => each.Yields!.Value.Claim).ThenBy(each => each.Yields!.Value.Since)
            .Take(Math.Max(1, capacity.All / 32))
            .Select(each => each.Connection)
            .ToList();
        Mark(going);
        return going;
    }

    private void Mark(List<CountedConnection> going)
    {
        foreach (var connection in going)
            connection.IsLeaving = true;
        leaving += going.Count;
        madeRoom += going.Count;
        Count();
    }

    private bool IsProxy(CountedConnection connection) =>
        proxies.Count > 0 && connection.RemoteEndPoint is IPEndPoint { Address: var address }
        && proxies.Any(network => network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));

    private static void Abort(List<CountedConnection> going)
    {
        foreach (var connection in going)
            connection.Abort(new ConnectionAbortedException("its place is needed"));
    }

    /// <summary>Closes connections that have been silent for too long, and logs once a round how many had to make room.</summary>
    private void GoRound()
    {
        List<CountedConnection> silent;
        int made;
        lock (door)
        {
            var now = clock.GetTimestamp();
            (made, madeRoom) = (madeRoom, 0);
            silent = [.. taken.Where(connection => !connection.IsLeaving && connection.IsSilent(FirstRequest, now))];
            Mark(silent);
            madeRoom -= silent.Count;
        }

        Abort(silent);
        Changed();
        if (made > 0)
            LogMadeRoom(made, capacity.All);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(
        240, LogLevel.Warning, "Closed {Connections} connections to make room for others: {Most} are held at most (COUCH_CONNECTIONS, "
            + "ulimit -n)")]
    private partial void LogMadeRoom(int connections, int most);
}
