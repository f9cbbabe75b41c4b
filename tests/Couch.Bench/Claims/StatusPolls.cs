using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Domain.Capabilities;
using Couch.Domain.Guests;

namespace Couch.Bench.Claims;

/// <summary>A guest asks for its own status, with few and with many guests stored, beside an endpoint that only answers.</summary>
internal static class StatusPolls
{
    public static string Path(Guest guest, SigningKeys keys) => $"/couch/status?token={keys.Sign(guest.Id).Reveal()}";

    public static async Task Run(Plan plan, Wrk wrk, Report report, SigningKeys keys, FilledCouch few, FilledCouch many, string folder)
    {
        await using var bare = await BareEndpoint.Like(few.Server, Path(few.Population.Guests[0], keys), folder);
        var ofFew = Warm(few);
        var ofMany = Warm(many);
        (Uri Server, string Paths)[] sides = [(few.Server.Address, ofFew), (bare.Address, ofFew), (many.Server.Address, ofMany),
            (bare.Address, ofMany)];
        foreach (var (server, paths) in sides)
            await wrk.Get(server, paths, Plan.Pollers, plan.WarmUp);

        // The bare endpoint runs after each couch, so that each ratio is of two rounds side by side.
        var rounds = sides.Select(_ => new Rounds()).ToArray();
        for (var round = 0; round < plan.Rounds; round++)
        {
            foreach (var (side, (server, paths)) in sides.Index())
                rounds[side].Add(await wrk.Get(server, paths, Plan.Pollers, plan.Time));
        }

        report.Share($"status polls, {Report.Number(plan.Few)} guests stored", rounds[0], "bare Kestrel", rounds[1], atLeast: 0.5);
        report.Share($"status polls, {Report.Number(plan.Many)} guests stored", rounds[2], "bare Kestrel", rounds[3], atLeast: 0.5);
        report.Same($"status polls, {Report.Number(plan.Many)} ÷ {Report.Number(plan.Few)} guests stored", rounds[2], rounds[0]);

        string Warm(FilledCouch couch) => wrk.Keep(couch.Population.Guests.Take(Plan.Warm).Select(guest => Path(guest, keys)));
    }
}
