using Couch.Cluster.Membership;

namespace Couch.Cluster.Connection;

/// <summary>The connection of a node or a silo to the cluster: its own silo, as long as its lease holds.</summary>
internal sealed class LocalSilo(ISiloStatusOracle silo, NodeLease lease) : IClusterConnection
{
    public string State => silo.CurrentStatus is SiloStatus.Active && !lease.Holds ? "unconfirmed" : Name(silo.CurrentStatus);

    public string? WhyNot => silo.CurrentStatus switch
    {
        SiloStatus.Active when lease.Holds => null,
        SiloStatus.Active => $"This node has not confirmed for {NodeLease.Duration.TotalSeconds:0} s that it is still a member of the "
            + "couch: it cannot reach the database, or has just stood still.",
        var status => $"The silo of this process is {Name(status)}.",
    };

    private static string Name(SiloStatus status) => status.ToString().ToLowerInvariant();
}
