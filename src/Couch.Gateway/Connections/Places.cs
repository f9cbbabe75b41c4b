using System.Net;
using System.Numerics;
using Microsoft.AspNetCore.Connections;

namespace Couch.Gateway.Connections;

/// <summary>
/// Places for connections, as many as <see cref="Capacity"/> says. Where the ordinary ones are taken, a newcomer gets the place of
/// whoever has least claim to it (<see cref="Claim"/>), of those with the most connections first; where everybody is being served, it
/// gets a place that is kept free, which is only good for a host's request and for health. Beyond those nothing is accepted.
/// </summary>
internal sealed partial class Places : IDisposable
{
    /// <summary>For so long a newcomer may take to send the whole header of its first request.</summary>
    public static readonly TimeSpan FirstRequest = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Rounds = TimeSpan.FromSeconds(1);

    private readonly Lock door = new();
    private readonly HashSet<CountedConnection> taken = [];
    private readonly Capacity capacity;
    private readonly IReadOnlyList<IPNetwork> proxies;
    private readonly TimeProvider clock;
    private readonly ILogger<Places> log;
    private readonly ITimer rounds;
    private TaskCompletionSource changed = NewChange();
    private int leaving;
    private int madeRoom;
    private volatile bool isCrowded;
    private volatile bool isAwaited;

    public Places(Capacity capacity, HttpOptions gateway, TimeProvider clock, ILogger<Places> log)
    {
        (this.capacity, proxies, this.clock, this.log) = (capacity, gateway.TrustedProxies, clock, log);
        rounds = clock.CreateTimer(_ => GoRound(), null, Rounds, Rounds);
    }

    /// <summary>Whether places that are kept free have been given away.</summary>
    public bool IsCrowded => isCrowded;

    /// <summary>Returns once another connection may be accepted.</summary>
    public async Task Room(CancellationToken cancel)
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
                (going, change) = (leaving == 0 ? ToldToGo() : [], changed.Task);
            }

            Go(going);
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
                going = ToldToGo();
            taken.Add(connection);
            connection.IsOnKeptPlace = taken.Count - leaving > capacity.Ordinary;
            Count();
        }

        Go(going);
        return connection;
    }

    /// <summary>A connection is closed, and its place free.</summary>
    public void Left(CountedConnection connection)
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

    /// <summary>A connection may have less claim to its place than it had: a newcomer looks again.</summary>
    public void Changed()
    {
        if (!isAwaited)
            return;

        TaskCompletionSource over;
        lock (door)
        {
            isAwaited = false;
            (over, changed) = (changed, NewChange());
        }

        over.SetResult();
    }

    public void Dispose() => rounds.Dispose();

    private void Count() => isCrowded = taken.Count - leaving > capacity.Ordinary;

    /// <summary>
    /// Several at a time, so that a flood does not have all be looked at for each newcomer. Of two who stand alike the one who
    /// has stood so for longer goes. A trusted proxy speaks for many, and does not count as one who has many connections.
    /// </summary>
    private List<CountedConnection> ToldToGo()
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

    private static void Go(List<CountedConnection> going)
    {
        foreach (var connection in going)
            connection.Abort(new ConnectionAbortedException("its place is needed"));
    }

    /// <summary>Closes what has said nothing for too long, and says once a round how many had to make room.</summary>
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

        Go(silent);
        Changed();
        if (made > 0)
            LogMadeRoom(made, capacity.All);
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(
        240, LogLevel.Warning, "Closed {Connections} connections to make room for others: {Most} are held at most (COUCH_CONNECTIONS, "
            + "ulimit -n)")]
    private partial void LogMadeRoom(int connections, int most);
}
