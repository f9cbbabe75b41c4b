namespace Couch.Cluster.Membership;

/// <summary>
/// Lets the couch's grains answer only while the node's lease holds. The lease is checked before the call and again after it,
/// because the process may have been paused in between.
/// </summary>
internal sealed class UnderLease(NodeLease lease) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        // Orleans' own grains are of other assemblies.
        if (context.Grain.GetType().Assembly != typeof(UnderLease).Assembly)
        {
            await context.Invoke();
            return;
        }

        lease.Demand();
        await context.Invoke();
        lease.Demand();
    }
}
