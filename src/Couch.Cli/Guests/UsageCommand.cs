using System.CommandLine;
using Couch.Cli.CommandLine;

namespace Couch.Cli.Guests;

/// <summary>Shows what a guest has used, or reports it.</summary>
internal static class UsageCommand
{
    private static readonly Option<double?> Cpu = Counter("--cpu-seconds", "Processor time in seconds.");
    private static readonly Option<double?> Memory = Counter("--memory-peak", "The most memory held at once, in megabytes.");
    private static readonly Option<double?> Disk = Counter("--disk-used", "Disk in use, in gigabytes.");
    private static readonly Option<double?> Egress = Counter("--egress", "Sent to the network, in gigabytes.");
    private static readonly Option<double?> Uptime = Counter("--uptime", "Seconds that the guest has been up.");
    private static readonly Option<long?> Tokens = new("--tokens") { Description = "Report: Model tokens used.", HelpName = "n" };

    public static Verb Verb()
    {
        var id = CommonOptions.Id("guest");
        return new Verb(
            "usage", "Show what a guest has used, and which limits it is over; or report it, by absolute counters.",
            "couch guest usage 01JD9Z", "couch guest usage 01JD9Z --tokens 120000 --egress 0.5")
        {
            id, Cpu, Memory, Disk, Egress, Tokens, Uptime,
        }.Does(async (call, cancel) =>
        {
            // A key that only meters may not list: it gives whole ids.
            var guestId = await GuestCommands.Resolve(call, id, cancel);
            if (!new Option[] { Cpu, Memory, Disk, Egress, Tokens, Uptime }.Any(call.Has))
            {
                call.Printer.One(await call.Couch.Guests.GetReport(guestId, cancel), GuestViews.Usage);
                return;
            }

            call.Printer.One(
                await call.Couch.Guests.ReportUsage(
                    guestId,
                    new()
                    {
                        CpuSeconds = call.Get(Cpu),
                        MemoryPeakMB = call.Get(Memory),
                        DiskUsedGB = call.Get(Disk),
                        NetworkEgressGB = call.Get(Egress),
                        TokensUsed = call.Get(Tokens),
                        UptimeSeconds = call.Get(Uptime),
                    }, cancel),
                GuestViews.Recorded);
        });
    }

    private static Option<double?> Counter(string name, string description) =>
        new(name) { Description = "Report: " + description, HelpName = "n" };
}
