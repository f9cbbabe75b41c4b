using Couch.Cluster.Membership;
using Couch.Gateway.Problems;

namespace Couch.Gateway.Hosting;

internal static class Leased
{
    /// <summary>
    /// Endpoints whose answers are sent only while this process has its lease. Grains check the lease themselves; it is checked again here,
    /// as the last thing before an answer is written, because the process may have paused after the answer was ready.
    /// </summary>
    public static RouteGroupBuilder MapUnderLease(this IEndpointRouteBuilder app)
    {
        var lease = app.ServiceProvider.GetRequiredService<NodeLease>();
        var group = app.MapGroup("");
        if (!lease.IsUnlimited)
            group.AddEndpointFilter(async (call, next) => await next(call) is var answer && lease.Holds ? answer : Refusals.Unavailable);
        return group;
    }
}
