using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Bench.Rows;
using Couch.Bench.Stores;

namespace Couch.Bench.Claims.Scale;

/// <summary>
/// The price of distance: what a request takes of the processors on one node, on two and on three, which share a database
/// and this machine. Each node gets the same share of the load, as from a balancer, and so may have to ask another.
/// </summary>
internal static class Nodes
{
    private const int Most = 3;
    private const double MostGrowth = 1.3;
    private const int Stored = 40_000;
    private static readonly TimeSpan PollsWarmUp = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan RedeemsWarmUp = TimeSpan.FromSeconds(15);

    public static async Task Run(Plan plan, Wrk wrk, Report report, StorageEngine engine, Couches couches)
    {
        var clusters = new List<Cluster>();
        try
        {
            // All of them stand ready all the time, each on a database of its own, and take turns.
            for (var nodes = 1; nodes <= Most; nodes++)
                clusters.Add(await Cluster.Filled(nodes, wrk, engine, couches));
            await Console.Error.WriteLineAsync($"{clusters.Count} databases filled");
            foreach (var cluster in clusters)
                await cluster.Start(couches);
            await Compare("a status poll", PollsWarmUp, plan.Time, (cluster, time) => cluster.Poll(time));
            await Compare("a redeem of an invite that is not in memory", RedeemsWarmUp, 2 * plan.Time, (cluster, time) => cluster.Redeem(time));
        }
        finally
        {
            foreach (var cluster in clusters)
                await cluster.DisposeAsync();
        }

        async Task Compare(string what, TimeSpan warmUp, TimeSpan time, Func<Cluster, TimeSpan, Task<Cost>> load)
        {
            // Each of several nodes sees only its share, and compiles no sooner for that.
            foreach (var cluster in clusters)
                await load(cluster, warmUp * cluster.Nodes);
            var costs = clusters.Select(_ => new Costs()).ToArray();
            for (var round = 0; round < plan.Rounds; round++)
            {
                foreach (var (index, cluster) in clusters.Index())
                    costs[index].Add(await load(cluster, time));
            }

            for (var index = 1; index < clusters.Count; index++)
                report.Grown($"{what}, {clusters[index].Nodes} nodes", costs[index], "1 node", costs[0], clusters[index].Nodes == Most ? MostGrowth : null);
        }
    }

    /// <summary>Nodes that are one couch.</summary>
    private sealed class Cluster : IAsyncDisposable
    {
        private readonly Wrk wrk;
        private readonly Store store;
        private readonly PostgresServer database;
        private readonly List<ServerProcess> nodes = [];
        private readonly string polls;
        private readonly Queue<string>[] codes;

        private Cluster(int count, Wrk wrk, Store store, PostgresServer database, Population population, Couches couches)
        {
            (Nodes, this.wrk, this.store, this.database) = (count, wrk, store, database);
            polls = wrk.Keep(population.Guests.Take(Plan.Warm).Select(guest => StatusPolls.Path(guest, couches.Keys)));
            codes = [.. Enumerable.Range(0, Nodes).Select(node => new Queue<string>(population.Open
                .Where((_, index) => index % Nodes == node).Select(invite => CreatedInvites.Body(couches.Keys.Sign(invite.Id)))))];
        }

        public int Nodes { get; }

        public static async Task<Cluster> Filled(int count, Wrk wrk, StorageEngine engine, Couches couches)
        {
            var (store, population) = (engine.NewStore(), Population.Of(Stored));
            await store.Fill(population);
            return new(count, wrk, store, await PostgresServer.Behind(store.Environment["ConnectionStrings__Couch"]), population, couches);
        }

        public async Task Start(Couches couches)
        {
            while (nodes.Count < Nodes)
                nodes.Add(await couches.Start(store));
        }

        public Task<Cost> Poll(TimeSpan time) =>
            Measure(node => wrk.Get(nodes[node].Address, polls, Plan.Pollers / Nodes, time));

        public Task<Cost> Redeem(TimeSpan time) => Measure(async node =>
        {
            var round = await wrk.Post(nodes[node].Address, "/couch/redeem", wrk.Keep(codes[node]), Plan.Writers / Nodes, time, once: true);
            for (var used = 0; used < round.Sent; used++)
                codes[node].Dequeue();
            return round;
        });

        public async ValueTask DisposeAsync()
        {
            foreach (var node in nodes)
                await node.DisposeAsync();
            await store.DisposeAsync();
        }

        private async Task<Cost> Measure(Func<int, Task<Round>> load)
        {
            var (couchBefore, databaseBefore) = (Processor(), database.Processor());
            var rounds = await Task.WhenAll(Enumerable.Range(0, Nodes).Select(load));
            return new(
                rounds.Sum(round => round.Done), rounds.Sum(round => round.PerSecond),
                Processor() - couchBefore, database.Processor() - databaseBefore);
        }

        private TimeSpan Processor() => nodes.Aggregate(TimeSpan.Zero, (sum, node) => sum + node.Processor());
    }
}
