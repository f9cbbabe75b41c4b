using Couch.Bench.Claims;
using Couch.Bench.Claims.Scale;
using Couch.Bench.Claims.Vms;
using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Bench.Rows;
using Couch.Bench.Stores;

namespace Couch.Bench;

/// <summary>All claims, on one engine after the other. Reads as the table of contents of this project.</summary>
internal static class Benchmark
{
    private static readonly string[] OfGuestsVms = ["vms", "expiry", "kill", "housekeeping"];
    private static readonly string[] OfScales = ["million", "nodes", "tls"];

    /// <summary>What can be measured alone.</summary>
    public static readonly IReadOnlyList<string> Names = ["cold", "polls", "pages", "writes", "events", .. OfGuestsVms, .. OfScales];

    public static bool Has(string? name) => name is null || Names.Contains(name);

    /// <param name="only">The one claim to measure; null is all.</param>
    public static async Task Run(Plan plan, string? only, TextWriter output)
    {
        var folder = Directory.CreateTempSubdirectory("couch-bench-").FullName;
        try
        {
            await output.WriteLineAsync($"{Machine.Describe(folder)}{Environment.NewLine}");
            StorageEngine[] engines = [SqliteStore.Engine(folder), await PostgresStore.Engine()];
            foreach (var engine in engines.Where(_ => only is not "events" && !OfGuestsVms.Contains(only) && !OfScales.Contains(only)))
                await output.WriteLineAsync(await Table(plan, only, engine, folder));
            if (only is null or "events")
                await output.WriteLineAsync(
                    await OfScale($"The log of events ({engines[^1].Version})", Following.Run, plan, engines[^1], folder));
            if (only is null || OfGuestsVms.Contains(only))
                await output.WriteLineAsync(await OfVms(plan, only, engines[^1], folder));
            if (only is null or "million")
                await output.WriteLineAsync(
                    await OfScale($"A million guests ({engines[^1].Version})", Million.Run, plan, engines[^1], folder));
            if (only is null or "nodes")
                await output.WriteLineAsync(await OfScale($"Several nodes ({engines[^1].Version})", Nodes.Run, plan, engines[^1], folder));
            if (only is null or "tls")
                await output.WriteLineAsync(await OfScale("Calls between nodes", Encryption.Run, plan, engines[^1], folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> Table(Plan plan, string? only, StorageEngine engine, string folder)
    {
        var (few, many) = (Population.Of(plan.Few), Population.Of(plan.Many));
        await using var smallStore = engine.NewStore();
        await smallStore.Fill(few);
        await using var largeStore = engine.NewStore();
        await largeStore.Fill(many);
        await using var bare = await largeStore.CopyBare();

        var couches = new Couches(folder);
        await using var small = await couches.Start(smallStore);
        await using var large = await couches.Start(largeStore);
        var (couchOfFew, couchOfMany) = (new FilledCouch(small, few), new FilledCouch(large, many));

        bool Wanted(string claim) => only is null || only == claim;
        var report = new Report();
        var wrk = new Wrk(folder);
        try
        {
            if (Wanted("cold"))
                await ColdGuests.Run(plan, wrk, report, couches.Keys, couchOfMany);
            if (Wanted("polls"))
                await StatusPolls.Run(plan, wrk, report, couches.Keys, couchOfFew, couchOfMany, folder);
            if (Wanted("pages"))
                await ListPages.Run(plan, wrk, report, couchOfFew, couchOfMany);
            if (Wanted("writes"))
            {
                await RowEquality.Check(large, largeStore);
                await Writes.Run(plan, wrk, report, couches.Keys, couchOfMany, bare);
            }
        }
        catch (FailedRoundException failure)
        {
            throw new FailedRoundException($"{engine.Name}: {failure.Message}{Environment.NewLine}{large.LogTail()}");
        }

        return report.Table($"{engine.Name} ({engine.Version})");
    }

    private static async Task<string> OfVms(Plan plan, string? only, StorageEngine engine, string folder)
    {
        bool Wanted(string claim) => only is null || only == claim;
        var couches = new Couches(folder);
        var report = new Report();
        if (Wanted("vms"))
        {
            await using (var couch = await CouchWithVms.Start(engine, couches, FirstMoments.Boot))
                await Kills.Run(report, couch, await FirstMoments.Run(plan, report, couch));
            await using (var couch = await CouchWithVms.Start(engine, couches, TimeSpan.Zero))
                await HungProvider.Run(plan, new Wrk(folder), report, couch);
        }

        if (Wanted("expiry"))
            await MassExpiry.Run(plan, report, engine, couches);
        if (Wanted("kill"))
            await MassKill.Run(plan, report, engine, couches);
        if (Wanted("housekeeping"))
            await SafetyNet.Run(plan, report, engine);
        return report.Table($"Guests' VMs ({engine.Name}, a simulated provider)");
    }

    private static async Task<string> OfScale(
        string title, Func<Plan, Wrk, Report, StorageEngine, Couches, Task> claim, Plan plan, StorageEngine engine, string folder)
    {
        var report = new Report();
        await claim(plan, new Wrk(folder), report, engine, new Couches(folder));
        return report.Table(title);
    }
}
