namespace Couch.Client;

/// <summary>The process is alive.</summary>
public sealed record Health
{
    /// <summary><c>ok</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Seconds since the couch was started.</summary>
    public double Uptime { get; init; }
}

/// <summary>The process should be sent requests.</summary>
public sealed record Readiness
{
    /// <summary><c>ready</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The state of its silo, or of the silos that a gateway reaches.</summary>
    public string? Silo { get; init; }

    /// <summary><c>ok</c>, or a sentence that says why the database does not answer.</summary>
    public string? Database { get; init; }

    /// <summary>A sentence that says that the clocks of the node and its database differ; null where they agree.</summary>
    public string? Clock { get; init; }

    /// <summary>A sentence that says which setting has been exchanged for a value that is refused; null where none is.</summary>
    public string? Settings { get; init; }

    /// <summary>How guests' sandboxes are isolated, as it was last seen; null where no sandboxes are made.</summary>
    public string? Isolation { get; init; }
}
