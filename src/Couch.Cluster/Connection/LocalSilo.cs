using Couch.Cluster.Membership;

namespace Couch.Cluster.Connection;

/// <summary>A node's and a silo's connection to the cluster: itself, while it may answer.</summary>
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
