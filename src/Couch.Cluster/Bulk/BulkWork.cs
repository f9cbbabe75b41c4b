using System.Collections.Concurrent;
using Couch.Cluster.Storage;
using Couch.Domain.Bulk;
using Couch.Domain.Guests;
using Couch.Domain.Invites;

namespace Couch.Cluster.Bulk;

/// <summary>Carries out the batches of bulk orders: asks the owner of each guest or invite, many at a time.</summary>
internal sealed class BulkWork(BulkRows rows, IGrainFactory grains, TimeProvider clock)
{
    /// <summary>As many as keep the database busy; other callers still get their turn.</summary>
    private const int AtOnce = 96;

    /// <summary>The next of those that the order is for; none where there are no more.</summary>
    /// <exception cref="StorageUnavailableException">The table cannot be read.</exception>
    public async Task<IReadOnlyList<string>> Find(BulkOrder order, CancellationToken cancel) => order is { Scope.Ids: null, Room: > 0 }
        ? await rows.Open(
            order.Action, order.Scope, order.After, order.CreatedAt + BulkOrder.Skew, clock.GetUtcNow(), order.Room, cancel)
        : [];

    /// <summary>Ends each in the order's batch. One that was ended by this order before is ended again, with the same result.</summary>
    /// <returns>What became of each, without those that failed; and one of the failures.</returns>
    public async Task<(IReadOnlyDictionary<string, BulkResult> Results, Exception? Failure)> Do(BulkOrder order, CancellationToken cancel)
    {
        var results = new ConcurrentDictionary<string, BulkResult>();
        var ids = order.EachInBatch;
        if (order.Scope is { Ids: not null, IsFiltered: true })
        {
            var found = await rows.Find(order.Action, order.Scope, ids, clock.GetUtcNow(), cancel);
            foreach (var id in ids.Where(id => !found.ContainsKey(id)))
                results[id] = BulkResult.NotFound;
        }

        Exception? failed = null;
        await Parallel.ForEachAsync(
            ids.Where(id => !results.ContainsKey(id)), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
            async (id, _) =>
            {
                try
                {
                    results[id] = await End(order, id);
                }
                catch (Exception failure)
                {
                    failed = failure;
                }
            });
        return (results, failed);
    }

    private async Task<BulkResult> End(BulkOrder order, string id)
    {
        try
        {
            return order.Action is BulkAction.KillGuests ? await Kill(order, id) : await Revoke(order, id);
        }
        catch (UnreadableRowException)
        {
            return BulkResult.Unreadable;
        }
    }

    private async Task<BulkResult> Kill(BulkOrder order, string id) => GuestId.TryParse(id, out var guest)
        ? await grains.Guest(guest).Kill(order.By, order.Key) switch
        {
            EndOutcome.Ended or EndOutcome.EndedUnreadable => BulkResult.Done,
            EndOutcome.AlreadyEnded or EndOutcome.AlreadyEndedUnreadable => BulkResult.AlreadyEnded,
            _ => BulkResult.NotFound,
        }
        : BulkResult.NotFound;

    private async Task<BulkResult> Revoke(BulkOrder order, string id) => InviteId.TryParse(id, out var invite)
        ? await grains.Invite(invite).Revoke(order.By, order.Key) switch
        {
            RevokeOutcome.Revoked => BulkResult.Done,
            RevokeOutcome.NotActive => BulkResult.AlreadyEnded,
            _ => BulkResult.NotFound,
        }
        : BulkResult.NotFound;
}
