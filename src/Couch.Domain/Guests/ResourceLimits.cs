using Couch.Domain.Values;

namespace Couch.Domain.Guests;

/// <summary>What a guest may use. Set by the invite; the guest has its own copy.</summary>
/// <remarks>
/// Each limit is clamped to a number from 0 to <see cref="Bounds.MostNumber"/>, because rows from before that bound may hold other
/// values. The bounds for an invite are narrower, see <see cref="WhyNot"/>.
/// </remarks>
[GenerateSerializer, Immutable, Alias("couch.ResourceLimits")]
public sealed record ResourceLimits
{
    /// <summary>The longest an invite may stay open, and a guest may stay, in hours.</summary>
    public const double MostHours = 720;

    /// <summary>The most cores one guest may be promised.</summary>
    public const double MostCpuCores = 1024;

    /// <summary>The smallest share that a kernel can give: a hundredth of a core.</summary>
    public const double LeastCpuCores = 0.01;

    /// <summary>The least memory in which an engine starts a process. Some engines read a smaller value as no limit.</summary>
    public const double LeastMemoryMB = 6;

    /// <summary>A megabyte: less holds no file.</summary>
    public const double LeastDiskGB = 0.001;

    /// <summary>Processor cores; fractions allowed. At least 0.01, at most 1,024; default 2.</summary>
    [Id(0)] public required double MaxCpuCores { get; init => field = Bounds.Nearest(value); }

    /// <summary>Memory in megabytes. At least 6; default 4096.</summary>
    [Id(1)] public required double MaxMemoryMB { get; init => field = Bounds.Nearest(value); }

    /// <summary>Disk in gigabytes. At least 0.001; default 20.</summary>
    [Id(2)] public required double MaxDiskGB { get; init => field = Bounds.Nearest(value); }

    /// <summary>Bytes sent to the network, in gigabytes. At least 0; default 10.</summary>
    [Id(3)] public required double MaxNetworkEgressGB { get; init => field = Bounds.Nearest(value); }

    /// <summary>Hours from arrival to the end. More than 0, at most 720; default 72.</summary>
    [Id(4)] public required double MaxDurationHours { get; init => field = Bounds.Nearest(value); }

    /// <summary>Model tokens, a whole number. At least 0; default 50,000,000.</summary>
    [Id(5)] public required long MaxTokenBudget { get; init => field = Bounds.Nearest(value); }

    /// <summary>Null where an invite may say so; else a sentence that names the first limit that is out of its bounds.</summary>
    internal string? WhyNot() =>
        WhyNotOf(MaxCpuCores, MaxMemoryMB, MaxDiskGB, MaxNetworkEgressGB, MaxDurationHours, MaxTokenBudget);

    /// <summary>The same of numbers that are no limits yet, and so are not clamped.</summary>
    internal static string? WhyNotOf(
        double cpuCores, double memoryMB, double diskGB, double networkEgressGB, double durationHours, double tokenBudget) =>
        Bounds.Above0("resourceLimits.maxCpuCores", cpuCores, MostCpuCores)
        ?? Bounds.Above0("resourceLimits.maxMemoryMB", memoryMB)
        ?? Bounds.Above0("resourceLimits.maxDiskGB", diskGB)
        ?? Bounds.AtLeast0("resourceLimits.maxNetworkEgressGB", networkEgressGB)
        ?? Bounds.Above0("resourceLimits.maxDurationHours", durationHours, MostHours)
        ?? Bounds.Whole("resourceLimits.maxTokenBudget", tokenBudget);

    /// <summary>
    /// Null where every provider can keep the limits; else a sentence that names the first that is too small. Only new invites are checked:
    /// earlier ones may have smaller limits, and their guests are given the least.
    /// </summary>
    internal string? WhyTooSmall() =>
        Bounds.AtLeast("resourceLimits.maxCpuCores", MaxCpuCores, LeastCpuCores)
        ?? Bounds.AtLeast("resourceLimits.maxMemoryMB", MaxMemoryMB, LeastMemoryMB)
        ?? Bounds.AtLeast("resourceLimits.maxDiskGB", MaxDiskGB, LeastDiskGB);

    /// <summary>What each limit is where an invite does not say it.</summary>
    public static ResourceLimits Default { get; } = new()
    {
        MaxCpuCores = 2,
        MaxMemoryMB = 4096,
        MaxDiskGB = 20,
        MaxNetworkEgressGB = 10,
        MaxDurationHours = 72,
        MaxTokenBudget = 50_000_000,
    };
}
