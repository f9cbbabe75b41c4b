using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Domain.Capabilities;

namespace Couch.Bench.Claims;

/// <summary>Guests whose grains are not in memory: what their first polls cost, and what they take in memory from then on.</summary>
internal static class ColdGuests
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SettleBound = TimeSpan.FromSeconds(20);

    // As much as a resident size moves in an idle process.
    private const double Still = 0.01;

    public static async Task Run(Plan plan, Wrk wrk, Report report, SigningKeys keys, FilledCouch couch)
    {
        var atRest = await Settled(couch.Server);
        var cold = new Queue<string>(couch.Population.Guests.Skip(Plan.Warm).Select(guest => StatusPolls.Path(guest, keys)));

        // The first ones also compile code and let the collector find its size; what comes after them is guests.
        await Poll();
        var before = await Settled(couch.Server);
        var rounds = await Poll();
        var after = await Settled(couch.Server);

        report.Figure("first polls of cold guests", rounds);
        report.Figure($"resident, {Report.Number(plan.Many)} guests stored, none in memory", Megabytes(atRest));
        report.Figure($"resident, {Report.Number(rounds.Done)} more guests in memory", $"{Megabytes(before)} → {Megabytes(after)}: "
            + $"{Report.Number((after - before) / 1024.0 / rounds.Done)} KiB a guest");

        // At least a fifth of them, and at most so many that there are enough for a second time.
        async Task<Rounds> Poll()
        {
            var polled = new Rounds();
            while (polled.Done < plan.Many / 5)
            {
                var round = await wrk.Get(
                    couch.Server.Address, wrk.Keep(cold.Take(plan.Many / 4)), Plan.Pollers, TimeSpan.FromSeconds(1), once: true);
                for (var used = 0; used < round.Sent; used++)
                    cold.Dequeue();
                polled.Add(round);
            }

            return polled;
        }
    }

    /// <summary>The resident size once it has stopped moving, or at the bound.</summary>
    private static async Task<long> Settled(ServerProcess server)
    {
        var clock = TimeProvider.System;
        var began = clock.GetTimestamp();
        var last = server.Resident();
        while (true)
        {
            await Task.Delay(Between, clock);
            var now = server.Resident();
            if (Math.Abs(now - last) < last * Still || clock.GetElapsedTime(began) > SettleBound)
                return now;
            last = now;
        }
    }

    private static string Megabytes(long bytes) => $"{Report.Number(Math.Round(bytes / 1024.0 / 1024))} MiB";
}
