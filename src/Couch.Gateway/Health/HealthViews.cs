namespace Couch.Gateway.Health;

/// <summary>A sign of life.</summary>
public sealed record HealthView
{
    /// <summary>Always <c>ok</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Seconds since the couch was started.</summary>
    public required double Uptime { get; init; }
}

/// <summary>Whether a node should be sent requests.</summary>
public sealed record ReadyView
{
    /// <summary><c>ready</c> or <c>not ready</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The silo's own state; <c>active</c> is ready.</summary>
    public required string Silo { get; init; }

    /// <summary><c>ok</c>, or a sentence on why the database does not answer.</summary>
    public required string Database { get; init; }
}
