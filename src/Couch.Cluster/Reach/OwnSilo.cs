namespace Couch.Cluster.Reach;

/// <summary>A node's and a silo's reach: itself.</summary>
internal sealed class OwnSilo(ISiloStatusOracle silo) : IReach
{
    public string State => Name(silo.CurrentStatus);

    public string? WhyNot => silo.CurrentStatus is var status and not SiloStatus.Active ? $"The silo of this process is {Name(status)}." : null;

    private static string Name(SiloStatus status) => status.ToString().ToLowerInvariant();
}
