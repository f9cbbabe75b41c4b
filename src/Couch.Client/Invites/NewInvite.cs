namespace Couch.Client;

/// <summary>An invite to be made. What is null takes the couch's default.</summary>
public sealed record NewInvite
{
    /// <summary>The name of the host that invites: 1 to 128 characters.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>What the invite is for: at most 256 characters.</summary>
    public string? Label { get; init; }

    /// <summary>What its guest may use.</summary>
    public NewResourceLimits? ResourceLimits { get; init; }

    /// <summary>What its guest may reach.</summary>
    public NewPermissions? Permissions { get; init; }

    /// <summary>How long it stays open, in hours: more than 0, at most 720; default 24.</summary>
    public double? ExpiresInHours { get; init; }

    /// <summary>What happens when its guest exceeds a limit: see <see cref="Client.Enforcement"/>.</summary>
    public string? Enforcement { get; init; }
}

/// <summary>The limits of an invite to be made. What is null takes the couch's default.</summary>
public sealed record NewResourceLimits
{
    /// <summary>Processor cores; fractions allowed. At least 0.01, at most 1,024; default 2.</summary>
    public double? MaxCpuCores { get; init; }

    /// <summary>Memory in megabytes. At least 6; default 4096.</summary>
    public double? MaxMemoryMB { get; init; }

    /// <summary>Disk in gigabytes. At least 0.001; default 20.</summary>
    public double? MaxDiskGB { get; init; }

    /// <summary>Bytes sent to the network, in gigabytes. At least 0; default 10.</summary>
    public double? MaxNetworkEgressGB { get; init; }

    /// <summary>Hours from arrival to the end. More than 0, at most 720; default 72.</summary>
    public double? MaxDurationHours { get; init; }

    /// <summary>Model tokens. At least 0; default 50,000,000.</summary>
    public long? MaxTokenBudget { get; init; }
}

/// <summary>The permissions of an invite to be made. What is null takes the couch's default.</summary>
public sealed record NewPermissions
{
    /// <summary>May open connections to the internet. Default true.</summary>
    public bool? CanAccessInternet { get; init; }

    /// <summary>May start agents of its own. Default false.</summary>
    public bool? CanSpawnSubAgents { get; init; }

    /// <summary>May reach services of the host's own network. Default false.</summary>
    public bool? CanAccessHostServices { get; init; }
}
