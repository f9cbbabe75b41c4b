using Couch.Cluster.Membership;

namespace Couch.Cluster.Reach;

/// <summary>A node's and a silo's reach: itself, while it may answer.</summary>
internal sealed class OwnSilo(ISiloStatusOracle silo, NodeLease lease) : IReach
{
    public string State => silo.CurrentStatus is SiloStatus.Active && !lease.Holds ? "unconfirmed" : Name(silo.CurrentStatus);

    public string? WhyNot => silo.CurrentStatus switch
    {
        SiloStatus.Active when lease.Holds => null,
        SiloStatus.Active => $"This node has not confirmed for {NodeLease.Duration.TotalSeconds:0} s that it is still a member of the couch: it cannot reach the database, or has just stood still.",
        var status => $"The silo of this process is {Name(status)}.",
    };

    private static string Name(SiloStatus status) => status.ToString().ToLowerInvariant();
}
