using Couch.Domain.Guests;
using Couch.Domain.Values;

namespace Couch.Domain.Import;

/// <summary>Limits as the original service stored them; a field that is missing takes the protocol's default.</summary>
public sealed record OriginalLimits
{
    /// <inheritdoc cref="ResourceLimits.MaxCpuCores"/>
    public double? MaxCpuCores { get; init; }

    /// <inheritdoc cref="ResourceLimits.MaxMemoryMB"/>
    public double? MaxMemoryMB { get; init; }

    /// <inheritdoc cref="ResourceLimits.MaxDiskGB"/>
    public double? MaxDiskGB { get; init; }

    /// <inheritdoc cref="ResourceLimits.MaxNetworkEgressGB"/>
    public double? MaxNetworkEgressGB { get; init; }

    /// <inheritdoc cref="ResourceLimits.MaxDurationHours"/>
    public double? MaxDurationHours { get; init; }

    /// <inheritdoc cref="ResourceLimits.MaxTokenBudget"/>
    public double? MaxTokenBudget { get; init; }

    /// <summary>Null where an invite may say so; else a sentence. What <see cref="Read"/> gives is clamped, and tells nothing.</summary>
    internal string? WhyNot()
    {
        var otherwise = ResourceLimits.Default;
        return ResourceLimits.WhyNotOf(
            MaxCpuCores ?? otherwise.MaxCpuCores, MaxMemoryMB ?? otherwise.MaxMemoryMB, MaxDiskGB ?? otherwise.MaxDiskGB,
            MaxNetworkEgressGB ?? otherwise.MaxNetworkEgressGB, MaxDurationHours ?? otherwise.MaxDurationHours,
            MaxTokenBudget ?? otherwise.MaxTokenBudget);
    }

    internal ResourceLimits Read()
    {
        var otherwise = ResourceLimits.Default;
        return new()
        {
            MaxCpuCores = MaxCpuCores ?? otherwise.MaxCpuCores,
            MaxMemoryMB = MaxMemoryMB ?? otherwise.MaxMemoryMB,
            MaxDiskGB = MaxDiskGB ?? otherwise.MaxDiskGB,
            MaxNetworkEgressGB = MaxNetworkEgressGB ?? otherwise.MaxNetworkEgressGB,
            MaxDurationHours = MaxDurationHours ?? otherwise.MaxDurationHours,
            MaxTokenBudget = MaxTokenBudget is { } tokens ? OriginalUsage.Whole(tokens) : otherwise.MaxTokenBudget,
        };
    }
}

/// <summary>Permissions as the original service stored them; a field that is missing takes the protocol's default.</summary>
public sealed record OriginalPermissions
{
    /// <inheritdoc cref="Permissions.CanAccessInternet"/>
    public bool? CanAccessInternet { get; init; }

    /// <inheritdoc cref="Permissions.CanSpawnSubAgents"/>
    public bool? CanSpawnSubAgents { get; init; }

    /// <inheritdoc cref="Permissions.CanAccessHostServices"/>
    public bool? CanAccessHostServices { get; init; }

    internal Permissions Read()
    {
        var otherwise = Permissions.Default;
        return new()
        {
            CanAccessInternet = CanAccessInternet ?? otherwise.CanAccessInternet,
            CanSpawnSubAgents = CanSpawnSubAgents ?? otherwise.CanSpawnSubAgents,
            CanAccessHostServices = CanAccessHostServices ?? otherwise.CanAccessHostServices,
        };
    }
}

/// <summary>What a guest has used, as the original service stored it; a counter that is missing, or is none, is 0.</summary>
public sealed record OriginalUsage
{
    /// <inheritdoc cref="ResourceUsage.CpuSeconds"/>
    public double? CpuSeconds { get; init; }

    /// <inheritdoc cref="ResourceUsage.MemoryPeakMB"/>
    public double? MemoryPeakMB { get; init; }

    /// <inheritdoc cref="ResourceUsage.DiskUsedGB"/>
    public double? DiskUsedGB { get; init; }

    /// <inheritdoc cref="ResourceUsage.NetworkEgressGB"/>
    public double? NetworkEgressGB { get; init; }

    /// <inheritdoc cref="ResourceUsage.TokensUsed"/>
    public double? TokensUsed { get; init; }

    /// <inheritdoc cref="ResourceUsage.UptimeSeconds"/>
    public double? UptimeSeconds { get; init; }

    internal ResourceUsage Read() => ResourceUsage.None.Raise(new()
    {
        CpuSeconds = CpuSeconds,
        MemoryPeakMB = MemoryPeakMB,
        DiskUsedGB = DiskUsedGB,
        NetworkEgressGB = NetworkEgressGB,
        TokensUsed = TokensUsed is { } tokens ? Whole(tokens) : null,
        UptimeSeconds = UptimeSeconds,
    });

    internal static long Whole(double number) => (long)Bounds.Nearest(number);
}
