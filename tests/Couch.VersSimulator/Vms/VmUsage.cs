namespace Couch.VersSimulator.Vms;

/// <summary>What a VM has used, as its own <c>/proc</c> tells it. Uptime is not here: the clock tells that.</summary>
public sealed record VmUsage
{
    public int Cores { get; init; } = 2;

    /// <summary>Busy time of all cores together.</summary>
    public double CpuSeconds { get; init; }

    public long MemoryTotalKib { get; init; } = 2 * 1024 * 1024;

    public long MemoryUsedKib { get; init; } = 256 * 1024;

    public long DiskUsedKib { get; init; } = 1024 * 1024;

    public long SentBytes { get; init; }

    public long ReceivedBytes { get; init; }
}
