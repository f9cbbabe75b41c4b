using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Bench.Rows;
using Couch.Domain.Capabilities;

namespace Couch.Bench.Claims;

/// <summary>
/// Invites are created and redeemed, each durable before its 201, beside the same rows written with nothing in front of
/// the database. Each side redeems what it has just created, so neither has to find its invites first.
/// </summary>
internal static class Writes
{
    // A redeem has more commits than a creation, so a round of it rarely runs out of invites; with these, never.
    public static readonly TimeSpan Surplus = TimeSpan.FromSeconds(2);

    public static async Task Run(Plan plan, Wrk wrk, Report report, SigningKeys keys, FilledCouch couch, BareWriter bare)
    {
        var creation = wrk.Keep([CreatedInvites.Creation]);
        using var created = new CreatedInvites(couch, keys);
        var stored = new Queue<string>(couch.Population.Open.Select(invite => CreatedInvites.Body(keys.Sign(invite.Id))));

        Task<Round> Create(TimeSpan time) => wrk.Post(couch.Server.Address, "/couch/invites", creation, Plan.Writers, time);
        Task<Round> RedeemThese(IEnumerable<string> bodies, TimeSpan time) => wrk.Post(
            couch.Server.Address, "/couch/redeem", wrk.Keep(bodies), Plan.Writers, time, once: true);
        Task<Round> CreateBare(TimeSpan time) => bare.Create(Plan.Writers, time);
        async Task<Round> Redeem(TimeSpan time) => await RedeemThese(await created.Bodies(), time);

        Side[] sides =
        [
            new(plan.WriteWarmUp, Create, Redeem),
            new(plan.WarmUp, CreateBare, time => bare.Redeem(Plan.Writers, time, together: false)),
            // Its creations are no other than those before: it makes them to have what it redeems.
            new(plan.WarmUp, CreateBare, time => bare.Redeem(Plan.Writers, time, together: true)),
        ];
        foreach (var side in sides)
        {
            await side.Create(side.WarmUp + Surplus);
            await side.Redeem(side.WarmUp);
        }

        var cold = new Rounds();
        for (var round = 0; round < plan.Rounds; round++)
        {
            foreach (var side in sides)
                side.Creations.Add(await side.Create(plan.Time));
            foreach (var side in sides)
                side.Redeems.Add(await side.Redeem(plan.Time));

            var ofStored = await RedeemThese(stored, plan.Time);
            for (var used = 0; used < ofStored.Sent; used++)
                stored.Dequeue();
            cold.Add(ofStored);
        }

        report.Share("durable creations", sides[0].Creations, "the same commit, bare", sides[1].Creations, atLeast: 0.75);
        report.Share("durable redeems", sides[0].Redeems, "the same 2 commits, bare", sides[1].Redeems, atLeast: 0.75);
        report.Share("durable redeems of invites that are not in memory", cold, "the same 2 commits, bare", sides[1].Redeems);
        report.Share("durable redeems, its 2 rows in one transaction", sides[0].Redeems, "1 commit, bare", sides[2].Redeems, atLeast: 0.75);
    }

    private sealed record Side(TimeSpan WarmUp, Func<TimeSpan, Task<Round>> Create, Func<TimeSpan, Task<Round>> Redeem)
    {
        public Rounds Creations { get; } = new();
        public Rounds Redeems { get; } = new();
    }
}
