using System.Globalization;
using System.Numerics;

namespace Couch.Domain.Guests;

/// <summary>What a guest has used so far. Absolute counters that never go down.</summary>
/// <source>Protocol §7.</source>
[GenerateSerializer, Immutable, Alias("couch.ResourceUsage")]
public sealed record ResourceUsage
{
    /// <summary>Processor time in seconds.</summary>
    [Id(0)] public double CpuSeconds { get; init; }

    /// <summary>The most memory held at once, in megabytes.</summary>
    [Id(1)] public double MemoryPeakMB { get; init; }

    /// <summary>Disk in use at its most, in gigabytes.</summary>
    [Id(2)] public double DiskUsedGB { get; init; }

    /// <summary>Sent to the network, in gigabytes.</summary>
    [Id(3)] public double NetworkEgressGB { get; init; }

    /// <summary>Model tokens used.</summary>
    [Id(4)] public long TokensUsed { get; init; }

    /// <summary>Seconds the guest has been up.</summary>
    [Id(5)] public double UptimeSeconds { get; init; }

    public static ResourceUsage None { get; } = new();

    /// <summary>Takes the higher of each counter; a field that was left out keeps its value.</summary>
    public ResourceUsage Raise(UsageReport report) => new()
    {
        CpuSeconds = Math.Max(CpuSeconds, report.CpuSeconds ?? 0),
        MemoryPeakMB = Math.Max(MemoryPeakMB, report.MemoryPeakMB ?? 0),
        DiskUsedGB = Math.Max(DiskUsedGB, report.DiskUsedGB ?? 0),
        NetworkEgressGB = Math.Max(NetworkEgressGB, report.NetworkEgressGB ?? 0),
        TokensUsed = Math.Max(TokensUsed, report.TokensUsed ?? 0),
        UptimeSeconds = Math.Max(UptimeSeconds, report.UptimeSeconds ?? 0),
    };

    /// <summary>All of it, as a meter would tell it.</summary>
    public UsageReport AsReport() => new()
    {
        CpuSeconds = CpuSeconds,
        MemoryPeakMB = MemoryPeakMB,
        DiskUsedGB = DiskUsedGB,
        NetworkEgressGB = NetworkEgressGB,
        TokensUsed = TokensUsed,
        UptimeSeconds = UptimeSeconds,
    };

    /// <summary>The limits this usage is above, each in the protocol's words; empty where there are none.</summary>
    public IReadOnlyList<string> Violations(ResourceLimits limits)
    {
        var violations = new List<string>();
        if (TokensUsed > limits.MaxTokenBudget)
            violations.Add($"tokens: {TokensUsed}/{limits.MaxTokenBudget}");
        if (DiskUsedGB > limits.MaxDiskGB)
            violations.Add($"disk: {Number(DiskUsedGB)}GB/{Number(limits.MaxDiskGB)}GB");
        if (NetworkEgressGB > limits.MaxNetworkEgressGB)
            violations.Add($"network: {Number(NetworkEgressGB)}GB/{Number(limits.MaxNetworkEgressGB)}GB");
        var hours = UptimeSeconds / 3600;
        if (hours > limits.MaxDurationHours)
            violations.Add($"duration: {hours.ToString("F1", CultureInfo.InvariantCulture)}h/{Number(limits.MaxDurationHours)}h");
        if (MemoryPeakMB > limits.MaxMemoryMB)
            violations.Add($"memory: {Number(MemoryPeakMB)}MB/{Number(limits.MaxMemoryMB)}MB");
        return violations;
    }

    /// <summary>Plain digits, as the original prints them: .NET would turn to exponents at 1E+15 and 1E-05.</summary>
    private static string Number(double value) => value switch
    {
        >= 1e15 => new BigInteger(value).ToString(CultureInfo.InvariantCulture),
        > 0 and < 1e-4 => value.ToString("F20", CultureInfo.InvariantCulture).TrimEnd('0').TrimEnd('.'),
        _ => value.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>Some or all of a guest's counters, as a meter reports them; null where the report says nothing.</summary>
[GenerateSerializer, Immutable, Alias("couch.UsageReport")]
public sealed record UsageReport
{
    [Id(0)] public double? CpuSeconds { get; init; }
    [Id(1)] public double? MemoryPeakMB { get; init; }
    [Id(2)] public double? DiskUsedGB { get; init; }
    [Id(3)] public double? NetworkEgressGB { get; init; }
    [Id(4)] public long? TokensUsed { get; init; }
    [Id(5)] public double? UptimeSeconds { get; init; }
}
