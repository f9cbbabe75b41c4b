using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;

namespace Couch.Bench.Claims.Vms;

/// <summary>Guests ask how they are while every call at the provider hangs.</summary>
internal static class HungProvider
{
    private const int Guests = 200;
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(50);

    public static async Task Run(Plan plan, Wrk wrk, Report report, CouchWithVms couch)
    {
        couch.Vers.Faults.Always(Call.Any, new Effect.Hang());
        var paths = new List<string>();
        for (var index = 0; index < Guests; index++)
            paths.Add($"/couch/status?token={(await couch.Redeem(await couch.Invite())).Token.Reveal()}");
        var file = wrk.Keep(paths);
        await wrk.Get(couch.Http.BaseAddress!, file, Plan.Writers, plan.WarmUp);
        var polls = await wrk.Get(couch.Http.BaseAddress!, file, Plan.Writers, plan.Time);
        report.Within(
            "status polls while the provider hangs",
            $"{Report.Number(Math.Round(polls.PerSecond))}/s (p50 {Report.Milliseconds(polls.P50)}, p99 {Report.Milliseconds(polls.P99)})",
            "p99 ≤ 50 ms", polls.P99 <= Bound);
    }
}
