using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Stays;

/// <summary>How a guest sees its own stay.</summary>
internal static class StayViews
{
    public static View<Stay> Stay { get; } = new(stay => stay.GuestId,
        new("guestId", stay => stay.GuestId),
        new("name", stay => stay.Name),
        new("status", stay => stay.Status),
        new("agentEndpoint", stay => stay.AgentEndpoint),
        new("vmId", stay => stay.VmId),
        new("expiresAt", stay => Words.Time(stay.ExpiresAt)) { Shown = (stay, now) => Words.Away(stay.ExpiresAt, now) },
        new("tokensUsed", stay => Words.Number(stay.ResourceUsage.TokensUsed)),
        new("maxTokenBudget", stay => Words.Number(stay.ResourceLimits.MaxTokenBudget)),
        new("memoryPeakMB", stay => Words.Number(stay.ResourceUsage.MemoryPeakMB)),
        new("maxMemoryMB", stay => Words.Number(stay.ResourceLimits.MaxMemoryMB)),
        new("diskUsedGB", stay => Words.Number(stay.ResourceUsage.DiskUsedGB)),
        new("maxDiskGB", stay => Words.Number(stay.ResourceLimits.MaxDiskGB)),
        new("networkEgressGB", stay => Words.Number(stay.ResourceUsage.NetworkEgressGB)),
        new("maxNetworkEgressGB", stay => Words.Number(stay.ResourceLimits.MaxNetworkEgressGB)),
        new("uptimeSeconds", stay => Words.Number(stay.ResourceUsage.UptimeSeconds)),
        new("maxDurationHours", stay => Words.Number(stay.ResourceLimits.MaxDurationHours)),
        new("maxCpuCores", stay => Words.Number(stay.ResourceLimits.MaxCpuCores)),
        new("canAccessInternet", stay => Words.Flag(stay.Permissions.CanAccessInternet)),
        new("canSpawnSubAgents", stay => Words.Flag(stay.Permissions.CanSpawnSubAgents)),
        new("canAccessHostServices", stay => Words.Flag(stay.Permissions.CanAccessHostServices)));

    public static View<CheckedOut> CheckedOut { get; } = new(end => end.Id,
        new("id", end => end.Id),
        new("status", end => end.Status),
        new("stoppedAt", end => Words.Time(end.StoppedAt)),
        new("endReason", end => end.EndReason));
}
