namespace Couch.Cluster.Membership;

/// <summary>
/// Lets the couch's grains answer only while the node's lease holds. The lease is checked before the call and again after it,
/// because the process may have been paused in between.
/// <para>
/// A grain's own timer needs no lease: it answers nobody, and what it writes is refused by the row's version if another node has
/// taken the grain over. A tick that is refused here would be the last one, because Orleans starts a timer again from inside of it.
/// </para>
/// </summary>
internal sealed class UnderLease(NodeLease lease) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        // Orleans' own grains are of other assemblies.
        if (context.Grain.GetType().Assembly != typeof(UnderLease).Assembly || IsTimer(context))
        {
            await context.Invoke();
            return;
        }

        lease.Demand();
        await context.Invoke();
        lease.Demand();
    }

    // The interface is internal to Orleans. A test holds its name.
    private static bool IsTimer(IIncomingGrainCallContext context) =>
        context.InterfaceName.EndsWith("IGrainTimerInvoker", StringComparison.Ordinal);
}
