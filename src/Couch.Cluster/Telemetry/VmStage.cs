using System.Text.Json.Serialization;

namespace Couch.Cluster.Telemetry;

/// <summary>What is tried again at a provider. The words are labels of a metric, so never change one.</summary>
public enum VmStage
{
    /// <summary>Provisioning a guest's VM.</summary>
    [JsonStringEnumMemberName("provision")] Provision,

    /// <summary>Destroying it.</summary>
    [JsonStringEnumMemberName("destroy")] Destroy,
}
