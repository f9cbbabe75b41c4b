using System.Text.Json.Serialization;

namespace Couch.Gateway.Join;

/// <summary>The index by which agents find skills at a host's address.</summary>
/// <source>Agent Skills Discovery, draft 0.2.0.</source>
internal sealed record SkillIndex
{
    /// <summary>The version of the format, as the address of its schema.</summary>
    [JsonPropertyName("$schema")]
    public string Schema { get; init; } = "https://schemas.agentskills.io/discovery/0.2.0/schema.json";

    /// <summary>The skills.</summary>
    public required IReadOnlyList<SkillEntry> Skills { get; init; }
}

/// <summary>One skill of the index.</summary>
internal sealed record SkillEntry
{
    /// <summary>Its name, which is also its folder's.</summary>
    public required string Name { get; init; }

    /// <summary>Its form: <c>skill-md</c>, one file.</summary>
    public string Type { get; init; } = "skill-md";

    /// <summary>What it is for.</summary>
    public required string Description { get; init; }

    /// <summary>Where it is, as an address: the couch may be under a path of a proxy.</summary>
    public required string Url { get; init; }

    /// <summary>The digest of the file, with the name of its algorithm.</summary>
    public required string Digest { get; init; }
}
