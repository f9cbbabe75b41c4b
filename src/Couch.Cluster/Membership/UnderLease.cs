using Couch.Cluster.Bulk;
using Couch.Cluster.Guests;
using Couch.Cluster.Housekeeping;
using Couch.Cluster.Invites;
using Couch.Cluster.Keys;

namespace Couch.Cluster.Membership;

/// <summary>
/// Lets the couch's grains answer only while the node's lease holds. The lease is checked before the call and again after it,
/// because the process may have been paused in between.
/// </summary>
internal sealed class UnderLease(NodeLease lease) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Grain is not (IGuestGrain or IInviteGrain or IHostKeyGrain or IHousekeepingGrain or IBulkOrderGrain))
        {
            await context.Invoke();
            return;
        }

        lease.Demand();
        await context.Invoke();
        lease.Demand();
    }
}
