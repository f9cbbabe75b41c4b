using Couch.Bench.Claims;
using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Bench.Rows;
using Couch.Bench.Stores;

namespace Couch.Bench;

/// <summary>All claims, on one engine after the other. Reads as the table of contents of this project.</summary>
internal static class Benchmark
{
    public static async Task Run(Plan plan, TextWriter output)
    {
        var folder = Directory.CreateTempSubdirectory("couch-bench-").FullName;
        try
        {
            await output.WriteLineAsync($"{Machine.Describe(folder)}{Environment.NewLine}");
            StorageEngine[] engines = [SqliteStore.Engine(folder), await PostgresStore.Engine()];
            foreach (var engine in engines)
                await output.WriteLineAsync(await Table(plan, engine, folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> Table(Plan plan, StorageEngine engine, string folder)
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

        var report = new Report();
        var wrk = new Wrk(folder);
        try
        {
            await ColdGuests.Run(plan, wrk, report, couches.Keys, couchOfMany);
            await StatusPolls.Run(plan, wrk, report, couches.Keys, couchOfFew, couchOfMany, folder);
            await ListPages.Run(plan, wrk, report, couchOfFew, couchOfMany);
            await Likeness.Check(large, largeStore);
            await Writes.Run(plan, wrk, report, couches.Keys, couchOfMany, bare);
        }
        catch (FailedRoundException failure)
        {
            throw new FailedRoundException($"{engine.Name}: {failure.Message}{Environment.NewLine}{large.LogTail()}");
        }

        return report.Table($"{engine.Name} ({engine.Version})");
    }
}
