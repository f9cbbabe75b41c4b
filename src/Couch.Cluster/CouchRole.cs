using System.Text.Json.Serialization;

namespace Couch.Cluster;

/// <summary>What a process does for the couch. The words are those of <c>COUCH_ROLE</c>.</summary>
public enum CouchRole
{
    /// <summary>Everything: grains, and HTTP in front of them.</summary>
    [JsonStringEnumMemberName("node")] Node,

    /// <summary>Grains, health and metrics; the protocol is answered by others.</summary>
    [JsonStringEnumMemberName("silo")] Silo,

    /// <summary>HTTP without grains, for the edge: it asks the silos, and holds no VM provider's key.</summary>
    [JsonStringEnumMemberName("gateway")] Gateway,
}
