namespace Couch.Client;

/// <summary>What a guest has used so far, as absolute counters that never decrease.</summary>
public sealed record ResourceUsage
{
    /// <summary>Processor time in seconds.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>The most memory held at once, in megabytes.</summary>
    public double MemoryPeakMB { get; init; }

    /// <summary>The most disk in use, in gigabytes.</summary>
    public double DiskUsedGB { get; init; }

    /// <summary>Sent to the network, in gigabytes.</summary>
    public double NetworkEgressGB { get; init; }

    /// <summary>Model tokens used.</summary>
    public long TokensUsed { get; init; }

    /// <summary>Seconds the guest has been up.</summary>
    public double UptimeSeconds { get; init; }
}

/// <summary>
/// Some or all of a guest's counters, as absolute values. A counter keeps its value where it is null here, or lower than that value.
/// </summary>
public sealed record UsageReport
{
    /// <summary>Processor time in seconds.</summary>
    public double? CpuSeconds { get; init; }

    /// <summary>The most memory held at once, in megabytes.</summary>
    public double? MemoryPeakMB { get; init; }

    /// <summary>Disk in use, in gigabytes.</summary>
    public double? DiskUsedGB { get; init; }

    /// <summary>Sent to the network, in gigabytes.</summary>
    public double? NetworkEgressGB { get; init; }

    /// <summary>Model tokens used.</summary>
    public long? TokensUsed { get; init; }

    /// <summary>Seconds the guest has been up.</summary>
    public double? UptimeSeconds { get; init; }
}

/// <summary>A guest's counters as they are kept after a report.</summary>
public sealed record RecordedUsage
{
    /// <summary>The guest's ULID.</summary>
    public required string Id { get; init; }

    /// <summary>What it has used so far.</summary>
    public required ResourceUsage ResourceUsage { get; init; }

    /// <summary>Whether it is above any limit.</summary>
    public required bool LimitsExceeded { get; init; }

    /// <summary>The limits it is above, like <c>tokens: 200/100</c>; empty when there are none.</summary>
    public IReadOnlyList<string> Violations { get; init => field = value ?? []; } = [];
}
