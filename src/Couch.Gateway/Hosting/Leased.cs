using Couch.Cluster.Membership;
using Couch.Gateway.Problems;

namespace Couch.Gateway.Hosting;

internal static class Leased
{
    /// <summary>
    /// Endpoints whose answers leave only while this process has its lease. Grains ask for it themselves; it is asked for again
    /// here, as the last thing before an answer is spelled out, because an answer may be ready and the process stand still.
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
