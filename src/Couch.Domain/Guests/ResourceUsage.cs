using System.Globalization;
using System.Numerics;
using Couch.Domain.Values;

namespace Couch.Domain.Guests;

/// <summary>What a guest has used so far, as absolute counters that never decrease.</summary>
/// <remarks>
/// Each counter is clamped to a number from 0 to <see cref="Bounds.MostNumber"/>, so that it can be written as JSON and read by
/// every reader.
/// </remarks>
[GenerateSerializer, Immutable, Alias("couch.ResourceUsage")]
public sealed record ResourceUsage
{
    /// <summary>Processor time in seconds.</summary>
    [Id(0)] public double CpuSeconds { get; init => field = Bounds.Nearest(value); }

    /// <summary>The most memory held at once, in megabytes.</summary>
    [Id(1)] public double MemoryPeakMB { get; init => field = Bounds.Nearest(value); }

    /// <summary>The most disk in use, in gigabytes.</summary>
    [Id(2)] public double DiskUsedGB { get; init => field = Bounds.Nearest(value); }

    /// <summary>Sent to the network, in gigabytes.</summary>
    [Id(3)] public double NetworkEgressGB { get; init => field = Bounds.Nearest(value); }

    /// <summary>Model tokens used.</summary>
    [Id(4)] public long TokensUsed { get; init => field = Bounds.Nearest(value); }

    /// <summary>Seconds the guest has been up.</summary>
    [Id(5)] public double UptimeSeconds { get; init => field = Bounds.Nearest(value); }

    /// <summary>Every counter at 0.</summary>
    public static ResourceUsage None { get; } = new();

    /// <summary>
    /// Takes the higher of each counter; a field that was left out, or has what no counter can have
    /// (<see cref="UsageReport.Unusable"/>), keeps its value.
    /// </summary>
    public ResourceUsage Raise(UsageReport report) => new()
    {
        CpuSeconds = Higher(CpuSeconds, report.CpuSeconds),
        MemoryPeakMB = Higher(MemoryPeakMB, report.MemoryPeakMB),
        DiskUsedGB = Higher(DiskUsedGB, report.DiskUsedGB),
        NetworkEgressGB = Higher(NetworkEgressGB, report.NetworkEgressGB),
        TokensUsed = report.TokensUsed is { } tokens && Bounds.IsCounter(tokens) ? Math.Max(TokensUsed, tokens) : TokensUsed,
        UptimeSeconds = Higher(UptimeSeconds, report.UptimeSeconds),
    };

    /// <summary>Each counter of both, added up.</summary>
    public ResourceUsage Plus(ResourceUsage other) => new()
    {
        CpuSeconds = CpuSeconds + other.CpuSeconds,
        MemoryPeakMB = MemoryPeakMB + other.MemoryPeakMB,
        DiskUsedGB = DiskUsedGB + other.DiskUsedGB,
        NetworkEgressGB = NetworkEgressGB + other.NetworkEgressGB,
        TokensUsed = TokensUsed + other.TokensUsed,
        UptimeSeconds = UptimeSeconds + other.UptimeSeconds,
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

    private static double Higher(double kept, double? reported) =>
        reported is { } number && Bounds.IsCounter(number) ? Math.Max(kept, number) : kept;

    /// <summary>Plain digits, as the original prints them: .NET would switch to exponents at 1E+15 and 1E-05.</summary>
    private static string Number(double value) => value switch
    {
        >= 1e15 => new BigInteger(value).ToString(CultureInfo.InvariantCulture),
        > 0 and < 1e-4 => value.ToString("F20", CultureInfo.InvariantCulture).TrimEnd('0').TrimEnd('.'),
        _ => value.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>Some or all of a guest's counters, as a meter reports them; null where the report says nothing.</summary>
/// <remarks>The values are not trusted: a guest may be root where it is measured.</remarks>
[GenerateSerializer, Immutable, Alias("couch.UsageReport")]
public sealed record UsageReport
{
    /// <summary>Processor time in seconds, in total; null: not reported.</summary>
    [Id(0)] public double? CpuSeconds { get; init; }

    /// <summary>Memory in megabytes: the most held at once, or what is held now; null: not reported.</summary>
    [Id(1)] public double? MemoryPeakMB { get; init; }

    /// <summary>Disk in use, in gigabytes; null: not reported.</summary>
    [Id(2)] public double? DiskUsedGB { get; init; }

    /// <summary>Sent to the network in total, in gigabytes; null: not reported.</summary>
    [Id(3)] public double? NetworkEgressGB { get; init; }

    /// <summary>Model tokens used, in total; null: not reported.</summary>
    [Id(4)] public long? TokensUsed { get; init; }

    /// <summary>Seconds the guest has been up; null: not reported.</summary>
    [Id(5)] public double? UptimeSeconds { get; init; }

    /// <summary>
    /// The fields whose value no counter can have: not finite, negative, or above <see cref="Bounds.MostNumber"/>. They are ignored.
    /// </summary>
    public IReadOnlyList<string> Unusable()
    {
        List<string>? unusable = null;
        Look("cpuSeconds", CpuSeconds);
        Look("memoryPeakMB", MemoryPeakMB);
        Look("diskUsedGB", DiskUsedGB);
        Look("networkEgressGB", NetworkEgressGB);
        Look("tokensUsed", TokensUsed);
        Look("uptimeSeconds", UptimeSeconds);
        return unusable ?? (IReadOnlyList<string>)[];

        void Look(string name, double? number)
        {
            if (number is { } value && !Bounds.IsCounter(value))
                (unusable ??= []).Add(name);
        }
    }
}
