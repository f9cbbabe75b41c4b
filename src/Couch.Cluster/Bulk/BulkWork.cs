using System.Collections.Concurrent;
using Couch.Cluster.Guests;
using Couch.Cluster.Housekeeping;
using Couch.Cluster.Storage;
using Couch.Domain.Bulk;
using Couch.Domain.Guests;
using Couch.Domain.Invites;

namespace Couch.Cluster.Bulk;

/// <summary>Carries out the batches of bulk orders: asks the owner of each guest or invite, many at a time.</summary>
internal sealed class BulkWork(
    BulkRows rows, HousekeepingRows housekeeping, Arrivals arrivals, IGrainFactory grains, TimeProvider clock)
{
    /// <summary>As many as keep the database busy; other callers still get their turn.</summary>
    private const int AtOnce = 128;

    /// <summary>How long one is waited for; what it does then, it does unseen, and is asked again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long before the order a redemption may have been whose guest has no row yet. Housekeeping brings older ones.</summary>
    private static readonly TimeSpan Stragglers = TimeSpan.FromMinutes(10);

    /// <summary>The next of those that the order is for; none where there are no more.</summary>
    /// <exception cref="StorageUnavailableException">The table cannot be read.</exception>
    public async Task<IReadOnlyList<string>> Find(BulkOrder order, CancellationToken cancel)
    {
        if (order is not { Scope.Ids: null, Room: > 0 })
            return [];
        var until = order.Until ?? order.CreatedAt + BulkOrder.Skew;
        // By this node's clock some may be over that are not by their own node's.
        var open = await rows.Open(
            order.Action, order.Scope, order.After, until, clock.GetUtcNow() - BulkOrder.Skew, order.Room, cancel);
        return open.Count == 0 && order.Action is BulkAction.KillGuests ? await FindMissing(order, until, cancel) : open;
    }

    /// <summary>Guests whose invite is redeemed and who have no row yet: each arrives as it is killed.</summary>
    private async Task<IReadOnlyList<string>> FindMissing(BulkOrder order, DateTimeOffset until, CancellationToken cancel)
    {
        var missing = await housekeeping.RedeemedWithoutGuest(
            GuestId.LowestAt(order.CreatedAt - Stragglers), order.Room, cancel, GuestId.LowestAt(until), BulkRows.FilterOf(order.Scope));
        // A guest whose invite cannot be read, or does not know of it, does not arrive, and would be found again for ever.
        return [.. missing.Select(one => one.GuestId.Value).Except(order.EachUnreadable).Except(order.EachNotFound)];
    }

    /// <summary>Ends each in the order's batch. One that was ended by this order before is ended again, with the same result.</summary>
    /// <returns>What became of each, without those that failed; and one of the failures.</returns>
    public async Task<(IReadOnlyDictionary<string, BulkResult> Results, Exception? Failure)> Do(BulkOrder order, CancellationToken cancel)
    {
        var results = new ConcurrentDictionary<string, BulkResult>();
        var ids = order.EachInBatch;
        if (order.Scope is { Ids: not null, IsFiltered: true })
        {
            var found = await rows.Find(order.Action, order.Scope, ids, clock.GetUtcNow(), cancel);
            string[] others = [.. ids.Where(id => !found.ContainsKey(id))];
            foreach (var id in others.Except(await FindRedeemed(order, others, cancel)))
                results[id] = BulkResult.NotFound;
        }

        Exception? failed = null;
        await Parallel.ForEachAsync(
            ids.Where(id => !results.ContainsKey(id)), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
            async (id, _) =>
            {
                try
                {
                    results[id] = await End(order, id, cancel).WaitAsync(Patience, clock, cancel);
                }
                catch (Exception failure)
                {
                    failed = failure;
                }
            });
        return (results, failed);
    }

    /// <summary>Those of <paramref name="ids"/> that are guests of invites that the order is for; they may have no row yet.</summary>
    private async Task<IEnumerable<string>> FindRedeemed(BulkOrder order, IReadOnlyList<string> ids, CancellationToken cancel)
    {
        if (order.Action is not BulkAction.KillGuests)
            return [];
        GuestId[] guests = [.. ids.Select(id => GuestId.TryParse(id, out var guest) ? guest : (GuestId?)null).OfType<GuestId>()];
        return (await housekeeping.RedeemedBy(guests, cancel, BulkRows.FilterOf(order.Scope))).Select(one => one.GuestId.Value);
    }

    private async Task<BulkResult> End(BulkOrder order, string id, CancellationToken cancel)
    {
        try
        {
            return order.Action is BulkAction.KillGuests ? await Kill(order, id, cancel) : await Revoke(order, id);
        }
        catch (UnreadableRowException)
        {
            return BulkResult.Unreadable;
        }
    }

    private async Task<BulkResult> Kill(BulkOrder order, string id, CancellationToken cancel) => GuestId.TryParse(id, out var guest)
        ? await arrivals.Ask(guest, it => it.Kill(order.By, order.Key), outcome => outcome is EndOutcome.Unknown, cancel) switch
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
