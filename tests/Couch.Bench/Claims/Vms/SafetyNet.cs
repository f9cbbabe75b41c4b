using System.Security.Cryptography;
using Couch.Bench.Load;
using Couch.Bench.Rows;
using Couch.Bench.Stores;
using Couch.Cluster.Storage;
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
    private const string Installation = "bench";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    public static async Task Run(Plan plan, Report report, StorageEngine engine)
    {
        var clock = TimeProvider.System;
        var population = Population.Of(plan.Many);
        population = population with
        {
            Guests = [.. population.Guests.Select(guest => Population.Running(guest, new Guid(RandomNumberGenerator.GetBytes(16)).ToString(), "https://vm.example", guest.ExpiresAt))],
        };
        IReadOnlyList<ListedVm> listed = [.. population.Guests.Select(guest => new ListedVm(guest.Vm.Id!, guest.Id.Value, Installation, guest.CreatedAt) { IsLabelled = true })];
        await using var store = engine.NewStore();
        await store.Fill(population);
        await using var database = store.Open();
        var (sweeps, keys) = (new Sweeps(database), new InviteKeys(database));
        var none = CancellationToken.None;
        var began = clock.GetTimestamp();
        await sweeps.Overdue(GrainKinds.Invite, clock.Now(), AtATime, none);
        await sweeps.Overdue(GrainKinds.Guest, clock.Now(), AtATime, none);
        await sweeps.RedeemedWithoutGuest(null, AtATime, none);
        await keys.Purge(clock.Now(), none);
        await sweeps.GuestsByStatus(none);
        var asked = clock.GetElapsedTime(began);
        var open = await sweeps.OpenVms(none);
        var read = clock.GetElapsedTime(began) - asked;
        var findings = new VmCensus { Host = "vers", Installation = Installation, At = clock.Now(), Listed = listed, Guests = open, InMemory = new HashSet<string>() }.Take();
        var took = clock.GetElapsedTime(began);
        if (open.Count != plan.Many || findings is not { Strays.Count: 0, Vanished.Count: 0, Unknown.Count: 0, Stuck.Count: 0 })
            throw new FailedRoundException($"of {plan.Many} guests who run {open.Count} were seen, and something was found that is not there");
        report.Within(
            $"a pass of housekeeping, {Report.Number(plan.Many)} guests stored who run, all history unseen",
            $"{Report.Milliseconds(took)}, six queries: {Report.Milliseconds(asked)} for five, {Report.Milliseconds(read)} to read every VM's row, "
            + $"{Report.Milliseconds(took - asked - read)} to hold them against the list",
            "≤ 1 s", took <= Bound);
    }
}
