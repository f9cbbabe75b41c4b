using Couch.Domain.Guests;
using Docker.DotNet.Models;

namespace Couch.Cluster.Vms.Docker;

/// <summary>Reads what a sandbox has used from the engine's counters.</summary>
internal static class SandboxUsage
{
    public static async Task<UsageReport> Read(
        DockerEngine engine, EngineAbilities abilities, ContainerInspectResponse container, TimeProvider clock, CancellationToken cancel)
    {
        var size = new ContainersListParameters { All = true, Size = true, Filters = DockerEngine.Filter("id", container.ID) };
        var listed = await engine.Ask("add up a sandbox's disk", DockerEngine.WorkBound,
            (docker, token) => docker.Containers.ListContainersAsync(size, token), cancel);
        var counters = container.State.Running ? await Counters(engine, container.ID, cancel) : null;
        return new UsageReport
        {
            CpuSeconds = counters?.CPUStats?.CPUUsage?.TotalUsage / 1e9,
            MemoryPeakMB = Memory(counters?.MemoryStats) / Sandbox.BytesPerMB,
            NetworkEgressGB = counters is null ? null : Sent(counters, abilities) / Sandbox.BytesPerGB,
            // Its files, and the most that its log may use. Folders in memory count as memory.
            DiskUsedGB = (listed.FirstOrDefault(one => one.ID == container.ID)?.SizeRw + Sandbox.LogBytes(container)) / Sandbox.BytesPerGB,
            UptimeSeconds = Uptime(container.State, clock.GetUtcNow()),
        };
    }

    private static async Task<ContainerStatsResponse?> Counters(DockerEngine engine, string id, CancellationToken cancel)
    {
        var once = new ContainerStatsParameters { Stream = false, OneShot = true };
        return await engine.Ask("count a sandbox's usage", DockerEngine.AskBound, async (docker, token) =>
        {
            var last = new Last();
            await docker.Containers.GetContainerStatsAsync(id, once, last, token);
            return last.Value;
        }, cancel);
    }

    // The memory in use now, of which the guest keeps the maximum. The engine's own peak is not used: it counts cached files, which
    // the kernel reclaims, and Podman 4 reports the limit in its place.
    private static double? Memory(MemoryStats? memory)
    {
        if (memory is null)
            return null;
        ulong cached = 0;
        _ = memory.Stats?.TryGetValue("total_inactive_file", out cached) is true
            || memory.Stats?.TryGetValue("inactive_file", out cached) is true;
        return memory.Usage > cached ? memory.Usage - cached : memory.Usage;
    }

    // Podman before 4.4 swaps the two (its issue 16618).
    private static double Sent(ContainerStatsResponse counters, EngineAbilities abilities) =>
        counters.Networks?.Values.Sum(network => (double)(abilities.SwapsTraffic ? network.RxBytes : network.TxBytes)) ?? 0;

    private static double? Uptime(ContainerState state, DateTimeOffset now)
    {
        if (ExitReason.Moment(state.StartedAt) is not { } started)
            return null;
        var until = state.Running ? now : ExitReason.Moment(state.FinishedAt) ?? started;
        // The engine's clock may be ahead of this node's.
        return Math.Max(0, (until - started).TotalSeconds);
    }

    /// <summary>Stores what is reported at once; <see cref="Progress{T}"/> would store it some time later.</summary>
    private sealed class Last : IProgress<ContainerStatsResponse>
    {
        public ContainerStatsResponse? Value { get; private set; }

        public void Report(ContainerStatsResponse value) => Value = value;
    }
}
