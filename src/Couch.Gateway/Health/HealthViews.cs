using System.Text.Json.Serialization;

namespace Couch.Gateway.Health;

/// <summary>The process is alive.</summary>
public sealed record HealthView
{
    /// <summary>Always <c>ok</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Seconds since the couch was started.</summary>
    public required double Uptime { get; init; }
}

/// <summary>The process should be sent requests.</summary>
public sealed record ReadyView
{
    /// <summary>Always <c>ready</c>; a process that is not ready answers 503.</summary>
    public required string Status { get; init; }

    /// <summary>Always <c>active</c>: the state of its silo, or of the silos that a gateway reaches.</summary>
    public required string Silo { get; init; }

    /// <summary><c>ok</c>, or a sentence that says why the database does not answer.</summary>
    public required string Database { get; init; }

    /// <summary>A sentence that says that this node's clock and the database's differ by seconds; absent when they agree.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Clock { get; init; }

    /// <summary>
    /// A sentence that says which setting has been exchanged for a value that is refused; absent when none is refused.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Settings { get; init; }

    /// <summary>
    /// How guests' sandboxes are isolated from this machine and from each other, as it was last seen; absent when no sandboxes are
    /// made here.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Isolation { get; init; }
}
