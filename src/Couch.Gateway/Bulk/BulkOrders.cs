using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Couch.Cluster;
using Couch.Cluster.Bulk;
using Couch.Cluster.Storage;
using Couch.Domain.Bulk;
using Couch.Domain.Keys;
using Couch.Domain.Text;

namespace Couch.Gateway.Bulk;

/// <summary>Gives orders to their grains and follows them.</summary>
internal sealed record BulkOrders(
    IGrainFactory Grains, BulkRows Rows, TimeProvider Clock, RandomNumberGenerator Random, IHostApplicationLifetime Lifetime)
{
    /// <summary>How long a caller waits for an order; a balancer may give up sooner. The order goes on either way.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan AfterFailure = TimeSpan.FromMilliseconds(500);

    /// <summary>What an order would do now.</summary>
    /// <param name="noIds">What was sent as an id, and cannot be one.</param>
    public async Task<BulkOutcome> Preview(BulkAction action, BulkScope scope, IReadOnlyList<string> noIds, CancellationToken cancel)
    {
        var now = Clock.Now();
        if (scope.Ids is null)
            return new(await Rows.CountOpen(action, scope, now, cancel), 0, []);

        var ids = scope.EachId;
        var found = ids.Count == 0 ? new Dictionary<string, bool>() : await Rows.Find(action, scope, ids, now, cancel);
        var open = found.Values.Count(isOpen => isOpen);
        var missing = noIds.Concat(ids.Where(id => !found.ContainsKey(id)));
        return new(open, found.Count - open, [.. BulkOutcome.Failures(action, scope, missing)]);
    }

    /// <summary>Gives the order: once this returns it is carried out, whatever crashes.</summary>
    public Task<BulkOrder> Give(BulkAction action, BulkScope scope, Actor by)
    {
        var order = BulkOrder.New(BulkOrderId.New(Clock.Now(), Random), action, scope, by);
        return Grains.BulkOrder(order.Id).Give(order);
    }

    /// <summary>
    /// The order each time that it is further, until it is finished, the caller has waited for too long, or this process is to end.
    /// </summary>
    /// <exception cref="StorageUnavailableException">
    /// There is no such order any more: its database has been exchanged for an older one.
    /// </exception>
    public async IAsyncEnumerable<BulkOrder> Follow(BulkOrder given, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel, Lifetime.ApplicationStopping);
        patience.CancelAfter(LongestWait);
        var (seen, end) = (given, patience.Token);
        while (!seen.IsFinished && !end.IsCancellationRequested)
        {
            BulkOrder? order;
            try
            {
                order = await Grains.BulkOrder(given.Id).WaitForProgress(seen).WaitAsync(end);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                break;
            }
            catch (Exception)
            {
                // Its node has died, or the database is away: it goes on by itself, and says later how far it is.
                await Task.Delay(AfterFailure, Clock, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            if (order is null)
                throw new StorageUnavailableException("the order is not stored any more");
            if (order != seen)
                yield return seen = order;
        }
    }
}
