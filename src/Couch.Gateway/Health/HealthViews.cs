using System.Text.Json.Serialization;

namespace Couch.Gateway.Health;

/// <summary>A sign of life.</summary>
public sealed record HealthView
{
    /// <summary>Always <c>ok</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Seconds since the couch was started.</summary>
    public required double Uptime { get; init; }
}

/// <summary>Whether a process should be sent requests.</summary>
public sealed record ReadyView
{
    /// <summary>Always <c>ready</c>: who is not answers 503.</summary>
    public required string Status { get; init; }

    /// <summary>Always <c>active</c>: the state of its silo, or of those that a gateway reaches.</summary>
    public required string Silo { get; init; }

    /// <summary><c>ok</c>, or a sentence on why the database does not answer.</summary>
    public required string Database { get; init; }

    /// <summary>A sentence, where this node's clock and the database's differ by seconds; absent where they agree.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Clock { get; init; }

    /// <summary>A sentence, where a setting has been exchanged for one that is refused; absent where all count.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Settings { get; init; }

    /// <summary>
    /// What keeps guests' sandboxes from this machine and each other, as it was last seen; absent where sandboxes are not made here.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Isolation { get; init; }
}
