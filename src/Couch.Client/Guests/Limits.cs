namespace Couch.Client;

/// <summary>What a guest may use.</summary>
public sealed record ResourceLimits
{
    /// <summary>Processor cores.</summary>
    public required double MaxCpuCores { get; init; }

    /// <summary>Memory in megabytes.</summary>
    public required double MaxMemoryMB { get; init; }

    /// <summary>Disk in gigabytes.</summary>
    public required double MaxDiskGB { get; init; }

    /// <summary>Bytes sent to the network, in gigabytes.</summary>
    public required double MaxNetworkEgressGB { get; init; }

    /// <summary>Hours from arrival to the end.</summary>
    public required double MaxDurationHours { get; init; }

    /// <summary>Model tokens.</summary>
    public required long MaxTokenBudget { get; init; }
}

/// <summary>What a guest may reach.</summary>
public sealed record Permissions
{
    /// <summary>May open connections to the internet.</summary>
    public required bool CanAccessInternet { get; init; }

    /// <summary>May start agents of its own.</summary>
    public required bool CanSpawnSubAgents { get; init; }

    /// <summary>May reach services of the host's own network.</summary>
    public required bool CanAccessHostServices { get; init; }
}
