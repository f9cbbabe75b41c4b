using System.Globalization;
using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Bench.Rows;
using Couch.Bench.Stores;

namespace Couch.Bench.Claims.Scale;

/// <summary>
/// A million guests stored, each with its next moment in its row, beside a hundredth of them: how soon a node is ready, what it
/// takes while nobody asks anything, and what one caller gets. No VM provider; what comes due comes due.
/// </summary>
internal static class Million
{
    /// <summary>Rest counts as rest once code is compiled.</summary>
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(20);

    /// <summary>And, where much came due while nobody was there, once those grains have been woken: within a minute.</summary>
    private static readonly TimeSpan CatchesUp = TimeSpan.FromSeconds(70);

    /// <summary>One of everything that comes once a minute.</summary>
    private static readonly TimeSpan Rests = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(10);
    private const double MostResident = 600 * 1024.0 * 1024;
    private const double MostOfACore = 0.05;

    public static async Task Run(Plan plan, Wrk wrk, Report report, StorageEngine engine, Couches couches)
    {
        await using var few = await Side.Filled(engine, plan.Few * 10);
        await using var many = await Side.Filled(engine, plan.Many * 10);
        Side[] sides = [few, many];

        // One after the other: the database's time is told apart by who is there.
        var server = await PostgresServer.Behind(few.Store.Environment["ConnectionStrings__Couch"]);
        var ofFew = await Rest.Of(few.Store, couches, server, Settles);
        var ofMany = await Rest.Of(many.Store, couches, server, CatchesUp);

        await few.Start(couches);
        await many.Start(couches);
        OfRest(report, few, ofFew, many, ofMany);
        await OfLoad(plan, wrk, report, couches, sides);
        report.Figure($"resident after that, {many}", Megabytes(many.Couch.Server.Resident()), Megabytes(few.Couch.Server.Resident()));
    }

    private static void OfRest(Report report, Side few, Rest ofFew, Side many, Rest ofMany)
    {
        report.Within($"start to ready, {many}", Seconds(ofMany.Start), "≤ 10 s", ofMany.Start <= StartBound, Seconds(ofFew.Start));
        report.Within($"resident after a minute at rest, {many}", Megabytes(ofMany.Resident), "≤ 600 MB", ofMany.Resident <= MostResident,
            Megabytes(ofFew.Resident));
        report.Within(
            $"processor at rest, {many}", $"{Share(ofMany.Couch)} of a core", "≤ 5 %", ofMany.Couch <= MostOfACore, Share(ofFew.Couch));
        report.Within($"the database's processor at rest, {many}", $"{Share(ofMany.Database)} of a core", "≤ 5 %",
            ofMany.Database <= MostOfACore, Share(ofFew.Database));
        report.Figure($"a pass of housekeeping, {many}", ofMany.Housekeeping, ofFew.Housekeeping);
    }

    private static async Task OfLoad(Plan plan, Wrk wrk, Report report, Couches couches, Side[] sides)
    {
        foreach (var side in sides)
            side.Polls = wrk.Keep(side.Couch.Population.Guests.Select(guest => StatusPolls.Path(guest, couches.Keys)));
        await Compare(
            "status polls of 1,000 warm guests", plan.WarmUp, (side, time) => wrk.Get(side.Address, side.Polls, Plan.Pollers, time));

        var page = wrk.Keep(["/couch/guests?limit=100"]);
        await Compare("one caller's `GET /couch/guests?limit=100`", plan.WarmUp, (side, time) => wrk.Get(side.Address, page, 1, time));

        foreach (var side in sides)
            side.Codes = new(side.Couch.Population.Open.Select(invite => CreatedInvites.Body(couches.Keys.Sign(invite.Id))));
        await Compare("one caller's redeems", plan.WarmUp, async (side, time) =>
        {
            var round = await wrk.Post(side.Address, "/couch/redeem", wrk.Keep(side.Codes), 1, time, once: true);
            for (var used = 0; used < round.Sent; used++)
                side.Codes.Dequeue();
            return round;
        });

        async Task Compare(string what, TimeSpan warmUp, Func<Side, TimeSpan, Task<Round>> load)
        {
            foreach (var side in sides)
                await load(side, warmUp);
            var rounds = sides.Select(_ => new Rounds()).ToArray();
            for (var round = 0; round < plan.Rounds; round++)
            {
                foreach (var (index, side) in sides.Index())
                    rounds[index].Add(await load(side, plan.Time));
            }

            report.Same($"{what}, {sides[1]}", rounds[1], rounds[0]);
        }
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    private static string Megabytes(double bytes) => $"{Report.Number(Math.Round(bytes / 1024 / 1024))} MiB";

    private static string Share(double ofACore) => string.Create(CultureInfo.InvariantCulture, $"{ofACore * 100:0.0} %");

    /// <summary>A filled store and, once started, its couch.</summary>
    private sealed class Side : IAsyncDisposable
    {
        private readonly Population population;
        private readonly int count;
        private FilledCouch? couch;

        private Side(Store store, Population population, int count) => (Store, this.population, this.count) = (store, population, count);

        public Store Store { get; }

        public FilledCouch Couch => couch!;

        public Uri Address => Couch.Server.Address;

        public string Polls { get; set; } = "";

        public Queue<string> Codes { get; set; } = [];

        public static async Task<Side> Filled(StorageEngine engine, int count)
        {
            var clock = TimeProvider.System;
            var began = clock.GetTimestamp();
            var (store, population) = (engine.NewStore(), Crowd.Of(count));
            await store.Fill(population);
            await Console.Error.WriteLineAsync($"{Report.Number(count)} guests stored within {Seconds(clock.GetElapsedTime(began))}");
            return new(store, population, count);
        }

        public async Task Start(Couches couches) => couch = new(await couches.Start(Store), population);

        public async ValueTask DisposeAsync()
        {
            if (couch is not null)
                await couch.Server.DisposeAsync();
            await Store.DisposeAsync();
        }

        public override string ToString() => $"{Report.Number(count)} guests stored";
    }

    /// <summary>A node's start and the minute after it, asked nothing.</summary>
    /// <param name="Couch">Processor time as a share of a core.</param>
    private sealed record Rest(TimeSpan Start, long Resident, double Couch, double Database, string Housekeeping)
    {
        public static async Task<Rest> Of(Store store, Couches couches, PostgresServer database, TimeSpan settles)
        {
            var clock = TimeProvider.System;
            var began = clock.GetTimestamp();
            await using var couch = await couches.Start(store);
            var start = clock.GetElapsedTime(began);
            await Task.Delay(settles, clock);

            began = clock.GetTimestamp();
            var (couchBefore, databaseBefore) = (couch.Processor(), database.Processor());
            await Task.Delay(Rests, clock);
            var lasted = clock.GetElapsedTime(began);
            return new(
                start, couch.Resident(), (couch.Processor() - couchBefore) / lasted, (database.Processor() - databaseBefore) / lasted,
                await Passes(couch));
        }

        private static async Task<string> Passes(ServerProcess couch)
        {
            using var http = new HttpClient { BaseAddress = couch.Address };
            var metrics = (await http.GetStringAsync("/metrics")).Split('\n');
            double Of(string end) => metrics.Where(
                line => line.StartsWith($"couch_housekeeping_duration_seconds_{end}", StringComparison.Ordinal))
                .Select(line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture)).Sum();
            var passes = Of("count");
            return $"{Report.Milliseconds(TimeSpan.FromSeconds(Of("sum") / passes))}, the mean of {Report.Number(passes)}";
        }
    }
}
