using Couch.Bench.Load;
using Couch.Bench.Processes;

namespace Couch.Bench.Claims;

/// <summary>A host lists a page of 100: it must cost the same however many there are.</summary>
internal static class ListPages
{
    public static async Task Run(Plan plan, Wrk wrk, Report report, FilledCouch few, FilledCouch many)
    {
        foreach (var path in new[] { "/couch/guests?limit=100", "/couch/invites?limit=100&status=active" })
        {
            var paths = wrk.Keep([path]);
            FilledCouch[] sides = [few, many];
            foreach (var side in sides)
                await wrk.Get(side.Server.Address, paths, Plan.Listers, plan.WarmUp);

            var rounds = sides.Select(_ => new Rounds()).ToArray();
            for (var round = 0; round < plan.Rounds; round++)
            {
                foreach (var (side, couch) in sides.Index())
                    rounds[side].Add(await wrk.Get(couch.Server.Address, paths, Plan.Listers, plan.Time));
            }

            report.Same($"`GET {path}`, {Report.Number(plan.Many)} ÷ {Report.Number(plan.Few)} stored", rounds[1], rounds[0]);
        }
    }
}
