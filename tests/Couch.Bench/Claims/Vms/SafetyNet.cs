using Couch.Bench.Rows;
using Couch.Bench.Stores;
using Couch.Cluster.Storage;
using Couch.Domain.Text;

namespace Couch.Bench.Claims.Vms;

/// <summary>What one pass of housekeeping asks the database, with very many guests stored.</summary>
internal static class SafetyNet
{
    private const int AtATime = 500;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    public static async Task Run(Plan plan, Report report, StorageEngine engine)
    {
        await using var store = engine.NewStore();
        await store.Fill(Population.Of(plan.Many));
        await using var database = store.Open();
        var sweeps = new Sweeps(database);
        var clock = TimeProvider.System;
        var none = CancellationToken.None;
        TimeSpan? first = null;
        for (var pass = 0; pass < 2; pass++)
        {
            var began = clock.GetTimestamp();
            await sweeps.Overdue(GrainKinds.Invite, clock.Now(), AtATime, none);
            await sweeps.Overdue(GrainKinds.Guest, clock.Now(), AtATime, none);
            await sweeps.RedeemedWithoutGuest(null, AtATime, none);
            await sweeps.OpenVms(none);
            first ??= clock.GetElapsedTime(began);
        }

        report.Within(
            $"a pass of housekeeping, {Report.Number(plan.Many)} guests stored, all history unseen", $"{Report.Milliseconds(first!.Value)}, four queries", "≤ 1 s", first <= Bound);
    }
}
