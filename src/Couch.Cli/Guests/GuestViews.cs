using Couch.Cli.Output;
using Couch.Client;
using Spectre.Console;

namespace Couch.Cli.Guests;

/// <summary>How a guest is printed.</summary>
internal static class GuestViews
{
    private const int Amber = 70;
    private const int Red = 90;

    public static View<Guest> Guest { get; } = new(guest => guest.Id,
        new("id", guest => guest.Id),
        new("status", guest => guest.Status) { Colour = guest => Words.OfStatus(guest.Status) },
        new("name", guest => guest.Name) { MayBeCut = true },
        new("expiresAt", guest => Words.Time(guest.ExpiresAt))
        {
            Heading = "expires",
            Shown = (guest, now) => guest.IsStaying() ? Words.Away(guest.ExpiresAt, now) : null,
        },
        new("usedPercent", guest => Words.Number((long)MostUsed(guest)))
        {
            Heading = "used",
            Shown = (guest, _) => $"{MostUsed(guest)} %",
            Colour = guest => MostUsed(guest) switch { >= Red => Color.Red, >= Amber => Color.Yellow, _ => null },
        },
        new("endReason", guest => guest.EndReason) { Heading = "ended", MayBeCut = true },
        new("agentEndpoint", guest => guest.AgentEndpoint) { Heading = "endpoint", MayBeCut = true },
        Detail("vmState", guest => guest.Vm.State),
        Detail("vmId", guest => guest.VmId),
        Detail("vmHost", guest => guest.Vm.Host),
        Detail("vmLastError", guest => guest.Vm.LastError),
        Detail("vmDestroyedAt", guest => Words.Time(guest.Vm.DestroyedAt)),
        Detail("inviteId", guest => guest.InviteId),
        Detail("createdAt", guest => Words.Time(guest.CreatedAt)),
        Detail("stoppedAt", guest => Words.Time(guest.StoppedAt)),
        Detail("endDetail", guest => guest.EndDetail),
        Detail("endedWith", guest => Words.By(guest.EndedWith)),
        Detail("activatedWith", guest => Words.By(guest.ActivatedWith)),
        Detail("extendedWith", guest => Words.By(guest.ExtendedWith)),
        Detail("enforcement", guest => guest.Enforcement),
        Detail("cpuSeconds", guest => Words.Number(guest.ResourceUsage.CpuSeconds)),
        Detail("memoryPeakMB", guest => Words.Number(guest.ResourceUsage.MemoryPeakMB)),
        Detail("diskUsedGB", guest => Words.Number(guest.ResourceUsage.DiskUsedGB)),
        Detail("networkEgressGB", guest => Words.Number(guest.ResourceUsage.NetworkEgressGB)),
        Detail("tokensUsed", guest => Words.Number(guest.ResourceUsage.TokensUsed)),
        Detail("uptimeSeconds", guest => Words.Number(guest.ResourceUsage.UptimeSeconds)),
        Detail("maxCpuCores", guest => Words.Number(guest.ResourceLimits.MaxCpuCores)),
        Detail("maxMemoryMB", guest => Words.Number(guest.ResourceLimits.MaxMemoryMB)),
        Detail("maxDiskGB", guest => Words.Number(guest.ResourceLimits.MaxDiskGB)),
        Detail("maxNetworkEgressGB", guest => Words.Number(guest.ResourceLimits.MaxNetworkEgressGB)),
        Detail("maxDurationHours", guest => Words.Number(guest.ResourceLimits.MaxDurationHours)),
        Detail("maxTokenBudget", guest => Words.Number(guest.ResourceLimits.MaxTokenBudget)),
        Detail("canAccessInternet", guest => Words.Flag(guest.Permissions.CanAccessInternet)),
        Detail("canSpawnSubAgents", guest => Words.Flag(guest.Permissions.CanSpawnSubAgents)),
        Detail("canAccessHostServices", guest => Words.Flag(guest.Permissions.CanAccessHostServices)),
        Detail("publicKey", guest => guest.PublicKey));

    public static View<GuestReport> Usage { get; } = new(report => report.Id,
        new("id", report => report.Id),
        new("name", report => report.Name),
        new("status", report => report.Status),
        new("limitsExceeded", report => Words.Flag(report.LimitsExceeded)),
        new("violations", report => string.Join("; ", report.Violations)),
        new("tokensUsed", report => Words.Number(report.ResourceUsage.TokensUsed)),
        new("maxTokenBudget", report => Words.Number(report.ResourceLimits.MaxTokenBudget)),
        new("memoryPeakMB", report => Words.Number(report.ResourceUsage.MemoryPeakMB)),
        new("maxMemoryMB", report => Words.Number(report.ResourceLimits.MaxMemoryMB)),
        new("diskUsedGB", report => Words.Number(report.ResourceUsage.DiskUsedGB)),
        new("maxDiskGB", report => Words.Number(report.ResourceLimits.MaxDiskGB)),
        new("networkEgressGB", report => Words.Number(report.ResourceUsage.NetworkEgressGB)),
        new("maxNetworkEgressGB", report => Words.Number(report.ResourceLimits.MaxNetworkEgressGB)),
        new("uptimeSeconds", report => Words.Number(report.ResourceUsage.UptimeSeconds)),
        new("maxDurationHours", report => Words.Number(report.ResourceLimits.MaxDurationHours)),
        new("cpuSeconds", report => Words.Number(report.ResourceUsage.CpuSeconds)));

    public static View<RecordedUsage> Recorded { get; } = new(usage => usage.Id,
        new("id", usage => usage.Id),
        new("limitsExceeded", usage => Words.Flag(usage.LimitsExceeded)),
        new("violations", usage => string.Join("; ", usage.Violations)),
        new("tokensUsed", usage => Words.Number(usage.ResourceUsage.TokensUsed)),
        new("memoryPeakMB", usage => Words.Number(usage.ResourceUsage.MemoryPeakMB)),
        new("diskUsedGB", usage => Words.Number(usage.ResourceUsage.DiskUsedGB)),
        new("networkEgressGB", usage => Words.Number(usage.ResourceUsage.NetworkEgressGB)),
        new("uptimeSeconds", usage => Words.Number(usage.ResourceUsage.UptimeSeconds)),
        new("cpuSeconds", usage => Words.Number(usage.ResourceUsage.CpuSeconds)));

    public static View<KilledGuest> Killed { get; } = new(guest => guest.Id,
        new("id", guest => guest.Id),
        new("status", guest => guest.Status),
        new("stoppedAt", guest => Words.Time(guest.StoppedAt)));

    public static View<KilledGuests> ManyKilled { get; } = new(_ => "",
        new("killed", result => Words.Number(result.Killed)),
        new("alreadyEnded", result => Words.Number(result.AlreadyEnded)),
        new("failed", result => Words.Number(result.Failed.Count)));

    /// <summary>Whether its stay has not ended.</summary>
    public static bool IsStaying(this Guest guest) => guest.Status is GuestStatus.Provisioning or GuestStatus.Running;

    /// <summary>The share of the limit that the guest is nearest to, in percent. A limit of 0 is reached by whatever is used.</summary>
    private static int MostUsed(Guest guest)
    {
        var (used, may) = (guest.ResourceUsage, guest.ResourceLimits);
        return (int)Math.Min(999, new[]
        {
            Share(used.TokensUsed, may.MaxTokenBudget), Share(used.MemoryPeakMB, may.MaxMemoryMB), Share(used.DiskUsedGB, may.MaxDiskGB),
            Share(used.NetworkEgressGB, may.MaxNetworkEgressGB), Share(used.UptimeSeconds / 3600, may.MaxDurationHours),
        }.Max());
    }

    private static double Share(double used, double limit) => used <= 0 ? 0 : limit <= 0 ? 100 : 100 * used / limit;

    private static Column<Guest> Detail(string name, Func<Guest, string?> whole) => new Column<Guest>(name, whole).InDetail;
}
