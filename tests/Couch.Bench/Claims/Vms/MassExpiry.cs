using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Bench.Stores;
using Couch.VersSimulator.Calls;

namespace Couch.Bench.Claims.Vms;

/// <summary>Very many running guests whose time is up at the same moment.</summary>
internal static class MassExpiry
{
    private static readonly TimeSpan UntilThen = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Target = TimeSpan.FromSeconds(10);

    public static async Task Run(Plan plan, Report report, StorageEngine engine, Couches couches)
    {
        await using var crowd = await Crowd.Start(plan.Expiring, UntilThen, engine, couches);
        var couch = crowd.Couch;
        var end = crowd.End;
        var began = couch.Vers.Journal.Count(Call.Destroy);
        await Until.True(() => CouchWithVms.Now >= end, "their time is up", UntilThen * 2);

        var (ended, polls) = await crowd.Poll(couches.Keys);
        await Until.True(() => couch.Vers.Vms.CountLeft() is 0, "all their VMs are gone", Bound * 5);
        var receipt = DateTimeOffset.MinValue;
        await Until.True(async () => (receipt = await LastReceipt(couch, plan.Expiring)) > end, "all receipts are written", Bound * 2);

        var calls = couch.Vers.Journal.Entries;
        var destroys = calls.Where(call => call.Call is Call.Destroy).ToList();
        var last = destroys.Max(call => call.Outcome!.At) - end;
        var (most, lists) = (MostAtOnce(calls), calls.Count(call => call.Call is Call.List));
        report.Within(
            $"{Report.Number(plan.Expiring)} guests whose time is up at one moment: statuses",
            $"{Report.Number(ended)} of {Report.Number(Plan.Asked)} asked then were told so ({polls})", "all", ended == Plan.Asked);
        report.Within(
            $"{Report.Number(plan.Expiring)} guests whose time is up at one moment: VMs",
            $"the first was gone after {(destroys.Min(call => call.Outcome!.At) - end).TotalSeconds:0.0} s, the last after "
                + $"{last.TotalSeconds:0.0} s, the last receipt after "
            + $"{(receipt - end).TotalSeconds:0.0} s; {most} calls at once, {lists} lists",
            $"≤ 10 s, ≤ {CouchWithVms.CallsAtOnce} destroys at once", last <= Target && MostAtOnce(destroys) <= CouchWithVms.CallsAtOnce
                && began == 0);
    }

    /// <summary>When the last of the guests got its receipt, as its host reads it; none before all have.</summary>
    private static async Task<DateTimeOffset> LastReceipt(CouchWithVms couch, int guests)
    {
        var receipts = new List<DateTimeOffset>();
        await foreach (var guest in couch.Client.Guests.List(new() { PageSize = 1000 }))
        {
            if (guest.Vm.DestroyedAt is { } at)
                receipts.Add(at);
        }

        return receipts.Count == guests ? receipts.Max() : DateTimeOffset.MinValue;
    }

    private static int MostAtOnce(IEnumerable<JournalEntry> calls)
    {
        var (now, most) = (0, 0);
        foreach (var (_, change) in calls.SelectMany(call => new[] { (call.At, 1), (call.Outcome!.At, -1) }).OrderBy(step => step).ToList())
            most = Math.Max(most, now += change);
        return most;
    }
}
