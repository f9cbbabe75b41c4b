using System.Collections.Concurrent;
using Couch.Bench.Load;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;

namespace Couch.Bench.Rows;

/// <summary>
/// The rows of a creation and of a redeem, written to the same schema without a couch: the same statements (those in
/// the database's OrleansQuery), the same bytes, the same order.
/// </summary>
internal abstract class BareWriter : IAsyncDisposable
{
    private readonly ConcurrentQueue<Invite> created = new();

    /// <summary>Creates invites, one after the other on each of so many workers. A creation is one row, and so one commit.</summary>
    public Task<Round> Create(int workers, TimeSpan time) => Workers.Run(workers, time, () =>
    {
        var invite = Population.NewInvite(TimeProvider.System.Now());
        return async () =>
        {
            await Commit(new[] { StoredRow.Write(before: null, invite) });
            created.Enqueue(invite);
        };
    });

    /// <summary>
    /// Redeems what was created, each once. A redeem is two rows, the invite's and then the guest's. The couch commits each by
    /// itself, because each is another grain's.
    /// </summary>
    /// <param name="together">Both rows in one transaction, which the couch cannot do, instead of one commit each.</param>
    /// <param name="isLogged">Whether the rows carry their events, as the couch's do.</param>
    public Task<Round> Redeem(int workers, TimeSpan time, bool together, bool isLogged = true) => Workers.Run(workers, time, () =>
    {
        if (!created.TryDequeue(out var invite))
            return null;
        var redeemed = Population.Redeemed(invite, TimeProvider.System.Now());
        var guest = Guest.Arriving(redeemed);
        return () => isLogged
            ? Write(together, StoredRow.Write(invite, redeemed), StoredRow.Write(guest))
            : Write(together, StoredRow.Of(redeemed), StoredRow.Of(guest));
    });

    public abstract ValueTask DisposeAsync();

    /// <summary>Writes rows in one transaction; durable once it returns.</summary>
    protected abstract Task Commit(ReadOnlyMemory<StoredRow> rows);

    /// <summary>A write that another one came before: on this side nobody else writes.</summary>
    protected static InvalidOperationException Lost(StoredRow row) => new($"not written: {row}");

    private async Task Write(bool together, params StoredRow[] rows)
    {
        if (together)
        {
            await Commit(rows);
            return;
        }

        for (var index = 0; index < rows.Length; index++)
            await Commit(rows.AsMemory(index, 1));
    }
}
