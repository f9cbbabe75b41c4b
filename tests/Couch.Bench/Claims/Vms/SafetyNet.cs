using System.Security.Cryptography;
using Couch.Bench.Load;
using Couch.Bench.Rows;
using Couch.Bench.Stores;
using Couch.Cluster.Housekeeping;
using Couch.Cluster.Invites;
using Couch.Cluster.Storage;
using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Domain.Vms;

namespace Couch.Bench.Claims.Vms;

/// <summary>
/// What one pass of housekeeping asks the database, and what it makes of it, with very many guests stored who all run and
/// have a VM each. What the provider takes for its list is not in it.
/// </summary>
internal static class SafetyNet
{
    private const int AtATime = 500;
    private const int Later = 5;
    private const string Installation = "bench";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    public static async Task Run(Plan plan, Report report, StorageEngine engine)
    {
        var clock = TimeProvider.System;
        var population = Population.Of(plan.Many);
        population = population with
        {
            Guests =
            [
                .. population.Guests.Select(guest => Population.Running(
                    guest, new Guid(RandomNumberGenerator.GetBytes(16)).ToString(), "https://vm.example", guest.ExpiresAt)),
            ],
        };
        IReadOnlyList<ListedVm> listed =
        [
            .. population.Guests.Select(guest =>
                new ListedVm(guest.Vm.Id!, guest.Id.Value, Installation, guest.CreatedAt) { IsLabelled = true }),
        ];
        await using var store = engine.NewStore();
        await store.Fill(population);
        await using var database = store.Open();
        var (sweeps, keys) = (new HousekeepingRows(database), new InviteIdempotency(database));
        Tell("the first pass of housekeeping", "all history unseen, no code compiled", [await Pass(null)]);
        var newest = population.Guests.MaxBy(guest => guest.Id.Value, StringComparer.Ordinal)!.Id;
        var later = new List<Took>();
        for (var pass = 0; pass < Later; pass++)
            later.Add(await Pass(newest));
        Tell("a later pass", $"the mean of {Later}", later);

        async Task<Took> Pass(GuestId? watermark)
        {
            var none = CancellationToken.None;
            var began = clock.GetTimestamp();
            await sweeps.Overdue(GrainKinds.Invite, clock.Now(), AtATime, none);
            await sweeps.Overdue(GrainKinds.Guest, clock.Now(), AtATime, none);
            await sweeps.RedeemedWithoutGuest(watermark, AtATime, none);
            await keys.Purge(clock.Now(), none);
            await sweeps.GuestsByStatus(none);
            var asked = clock.GetElapsedTime(began);
            var open = await new VmRows(database).OpenVms(none);
            var read = clock.GetElapsedTime(began) - asked;
            var findings = new VmReconciliation { Provider = "vers", Installation = Installation, At = clock.Now(), Listed = listed,
                Guests = open, InMemory = new HashSet<string>() }.Reconcile();
            if (open.Count != plan.Many || findings is not { Strays.Count: 0, Vanished.Count: 0, Unknown.Count: 0, Stuck.Count: 0 })
                throw new FailedRoundException(
                    $"of {plan.Many} guests who run {open.Count} were seen, and something was found that is not there");
            return new(asked, read, clock.GetElapsedTime(began) - asked - read);
        }

        void Tell(string what, string how, IReadOnlyList<Took> passes)
        {
            var all = Mean(pass => pass.Asked + pass.Read + pass.Held);
            report.Within(
                $"{what}, {Report.Number(plan.Many)} guests stored who run: {how}",
                $"{Report.Milliseconds(all)}, six queries: {Report.Milliseconds(Mean(pass => pass.Asked))} for five, "
                    + $"{Report.Milliseconds(Mean(pass => pass.Read))} "
                + $"to read every VM's row, {Report.Milliseconds(Mean(pass => pass.Held))} to hold them against the list",
                "≤ 1 s", all <= Bound);

            TimeSpan Mean(Func<Took, TimeSpan> part) => TimeSpan.FromTicks((long)passes.Average(pass => part(pass).Ticks));
        }
    }

    private sealed record Took(TimeSpan Asked, TimeSpan Read, TimeSpan Held);
}
