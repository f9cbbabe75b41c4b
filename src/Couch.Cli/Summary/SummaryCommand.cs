using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Summary;

/// <summary>What is in the couch, and what it still owes.</summary>
internal static class SummaryCommand
{
    private static readonly View<CouchSummary> View = new(_ => "",
        new("at", summary => Words.Time(summary.At)),
        new("vmProvider", summary => summary.VmProvider),
        new("vmTrouble.fault", summary => summary.VmTrouble?.Fault),
        new("vmTrouble.says", summary => summary.VmTrouble?.Says),
        new("guests.running", summary => Words.Number(summary.Guests.Running)),
        new("guests.provisioning", summary => Words.Number(summary.Guests.Provisioning)),
        new("guests.stopped", summary => Words.Number(summary.Guests.Stopped)),
        new("guests.expired", summary => Words.Number(summary.Guests.Expired)),
        new("guests.revoked", summary => Words.Number(summary.Guests.Revoked)),
        new("invites.active", summary => Words.Number(summary.Invites.Active)),
        new("invites.redeemed", summary => Words.Number(summary.Invites.Redeemed)),
        new("invites.revoked", summary => Words.Number(summary.Invites.Revoked)),
        new("invites.expired", summary => Words.Number(summary.Invites.Expired)),
        new("usage.tokensUsed", summary => Words.Number(summary.Usage.TokensUsed)),
        new("usage.cpuSeconds", summary => Words.Number(summary.Usage.CpuSeconds)),
        new("usage.memoryPeakMB", summary => Words.Number(summary.Usage.MemoryPeakMB)),
        new("usage.diskUsedGB", summary => Words.Number(summary.Usage.DiskUsedGB)),
        new("usage.networkEgressGB", summary => Words.Number(summary.Usage.NetworkEgressGB)),
        new("usage.uptimeSeconds", summary => Words.Number(summary.Usage.UptimeSeconds)),
        new("owed.destroysOutstanding", summary => Words.Number(summary.Owed.DestroysOutstanding)),
        new("owed.oldestDestroySeconds", summary => summary.Owed.OldestDestroySeconds is { } age ? Words.Number(age) : null),
        new("owed.unclaimedVms", summary => summary.Owed.UnclaimedVms is { } vms ? Words.Number(vms) : null),
        new("owed.provisioningOverAMinute", summary => Words.Number(summary.Owed.ProvisioningOverAMinute)));

    public static Verb Verb() => new Verb(
        "summary", "Show how many guests and invites there are, what they use, and what is still owed.",
        "couch summary", "couch summary --json")
        .Does(async (call, cancel) => call.Printer.One(await Older.Explains(() => call.Couch.Summary(cancel)), View));
}
