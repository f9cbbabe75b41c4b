using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Stays;

/// <summary>How a guest sees its own stay, and what it is offered.</summary>
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

    public static View<InvitePreview> Preview { get; } = new(_ => "",
        new("label", preview => preview.Label) { MayBeCut = true },
        new("status", preview => preview.Status),
        new("expiresAt", preview => Words.Time(preview.ExpiresAt)) { Shown = (preview, now) => Words.Away(preview.ExpiresAt, now) },
        new("maxTokenBudget", preview => Words.Number(preview.ResourceLimits.MaxTokenBudget)),
        new("maxMemoryMB", preview => Words.Number(preview.ResourceLimits.MaxMemoryMB)),
        new("maxDiskGB", preview => Words.Number(preview.ResourceLimits.MaxDiskGB)),
        new("maxNetworkEgressGB", preview => Words.Number(preview.ResourceLimits.MaxNetworkEgressGB)),
        new("maxDurationHours", preview => Words.Number(preview.ResourceLimits.MaxDurationHours)),
        new("maxCpuCores", preview => Words.Number(preview.ResourceLimits.MaxCpuCores)),
        new("canAccessInternet", preview => Words.Flag(preview.Permissions.CanAccessInternet)),
        new("canSpawnSubAgents", preview => Words.Flag(preview.Permissions.CanSpawnSubAgents)),
        new("canAccessHostServices", preview => Words.Flag(preview.Permissions.CanAccessHostServices)));

    public static View<CheckedOut> CheckedOut { get; } = new(end => end.Id,
        new("id", end => end.Id),
        new("status", end => end.Status),
        new("stoppedAt", end => Words.Time(end.StoppedAt)),
        new("endReason", end => end.EndReason));
}
