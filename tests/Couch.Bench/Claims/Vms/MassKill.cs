using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Bench.Stores;
using Couch.Client;
using Couch.VersSimulator.Calls;

namespace Couch.Bench.Claims.Vms;

/// <summary>A host kills very many guests with one request.</summary>
internal static class MassKill
{
    private static readonly TimeSpan Stay = TimeSpan.FromHours(1);
    private static readonly TimeSpan Answered = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Told = TimeSpan.FromSeconds(30);

    public static async Task Run(Plan plan, Report report, StorageEngine engine, Couches couches)
    {
        await using var crowd = await Crowd.Start(plan.Expiring, Stay, engine, couches);
        var couch = crowd.Couch;
        // The first pass of the sweep is over, and what it runs through is compiled.
        await Until.True(() => couch.Vers.Journal.Count(Call.List) > 0, "the sweep has begun");

        var began = CouchWithVms.Now;
        var killed = (await couch.Client.Guests.Kill(Selection.Everything())).Killed;
        var took = CouchWithVms.Now - began;
        var (ended, polls) = await crowd.Poll(couches.Keys);
        await Until.True(() => couch.Vers.Vms.CountLeft() is 0, "all their VMs are gone", 10 * Told);

        var destroys = couch.Vers.Journal.Entries.Where(call => call.Call is Call.Destroy).ToList();
        var (first, last) = (destroys.Min(call => call.At) - began, destroys.Max(call => call.At) - began);
        report.Within(
            $"{Report.Number(plan.Expiring)} guests killed with one request: answered",
            $"{killed} killed after {took.TotalSeconds:0.0} s; {ended} of {Report.Number(Plan.Asked)} asked then were told so ({polls})",
            "all, ≤ 5 s", killed == plan.Expiring && ended == Plan.Asked && took <= Answered);
        report.Within(
            $"{Report.Number(plan.Expiring)} guests killed with one request: VMs",
            $"the provider was told of the first after {first.TotalSeconds:0.00} s, of the last after {last.TotalSeconds:0.0} s", "≤ 30 s",
            last <= Told);
    }
}
