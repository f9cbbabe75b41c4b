using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Bench.Rows;
using Couch.Bench.Stores;

namespace Couch.Bench.Claims.Scale;

/// <summary>
/// The price of distance: what a request takes of the processors on one node, on two and on three, which share a database
/// and this machine. Each node gets the same share of the load, as from a balancer, and so may have to ask another. Beside
/// them as many nodes that have nothing to ask each other, each a couch of its own: a process that is less busy takes more for
/// a request, and that is not distance. And beside polls the least that asking a grain can cost: bare ones, on one node and on
/// as many.
/// </summary>
internal static class Nodes
{
    private const int Most = 3;
    private const double MostGrowth = 1.3;
    private const int Stored = 80_000;
    private static readonly TimeSpan PollsWarmUp = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan RedeemsWarmUp = TimeSpan.FromSeconds(15);

    public static async Task Run(Plan plan, Wrk wrk, Report report, StorageEngine engine, Couches couches)
    {
        var sides = new List<Side>();
        try
        {
            // All of them stand ready all the time, each on databases of its own, and take turns.
            for (var nodes = 1; nodes <= Most; nodes++)
                sides.Add(await Side.Filled(couches: 1, nodes, wrk, engine, couches));
            sides.Add(await Side.Filled(couches: Most, nodes: 1, wrk, engine, couches));
            await Console.Error.WriteLineAsync("databases filled");
            foreach (var side in sides)
                await side.Start();
            Side[] bare = [await sides[0].Bare(1, couches), await sides[0].Bare(Most, couches)];
            sides.AddRange(bare);
            foreach (var side in bare)
                await side.Start();

            var polls = await Compare("a status poll", sides, PollsWarmUp, plan.Time, (side, time) => side.Poll(time));
            report.Grown($"bare grains that hand over the same bytes, {Most} nodes", polls[^1], "1 node", polls[^2], null);
            foreach (var side in bare)
                await side.DisposeAsync();
            sides.RemoveAll(bare.Contains);
            await Compare(
                "a redeem of an invite that is not in memory", sides, RedeemsWarmUp, 2 * plan.Time, (side, time) => side.Redeem(time));
        }
        finally
        {
            foreach (var side in sides)
                await side.DisposeAsync();
        }

        async Task<Costs[]> Compare(
            string what, IReadOnlyList<Side> sides, TimeSpan warmUp, TimeSpan time, Func<Side, TimeSpan, Task<Cost>> load)
        {
            // Each of several nodes sees only its share, and compiles no sooner for that.
            foreach (var side in sides)
                await load(side, warmUp * side.Nodes);
            var costs = sides.Select(_ => new Costs()).ToArray();
            for (var round = 0; round < plan.Rounds; round++)
            {
                foreach (var (index, side) in sides.Index())
                    costs[index].Add(await load(side, time));
            }

            for (var nodes = 2; nodes <= Most; nodes++)
                report.Grown($"{what}, {nodes} nodes", costs[nodes - 1], "1 node", costs[0], nodes == Most ? MostGrowth : null);
            report.Grown($"{what}, {Most} nodes", costs[Most - 1], $"{Most} couches of 1 node", costs[Most], null);
            return costs;
        }
    }

    /// <summary>Nodes under load, of one couch, each of another, or of none.</summary>
    private sealed class Side(Wrk wrk) : IAsyncDisposable
    {
        private readonly List<Lane> lanes = [];
        private readonly List<Store> stores = [];
        private PostgresServer? database;
        private string path = "";

        public int Nodes => lanes.Count;

        public static async Task<Side> Filled(int couches, int nodes, Wrk wrk, StorageEngine engine, Couches processes)
        {
            var side = new Side(wrk);
            for (var couch = 0; couch < couches; couch++)
            {
                var (store, population) = (engine.NewStore(), Population.Of(Stored));
                await store.Fill(population);
                side.stores.Add(store);
                side.path = StatusPolls.Path(population.Guests[0], processes.Keys);
                side.database = await PostgresServer.Behind(store.Environment["ConnectionStrings__Couch"]);
                var polls = wrk.Keep(population.Guests.Take(Plan.Warm).Select(guest => StatusPolls.Path(guest, processes.Keys)));
                for (var node = 0; node < nodes; node++)
                {
                    var share = population.Open.Where((_, index) => index % nodes == node);
                    side.lanes.Add(new(() => processes.Start(store), polls,
                        new(share.Select(invite => CreatedInvites.Body(processes.Keys.Sign(invite.Id))))));
                }
            }

            return side;
        }

        /// <summary>Nodes of no couch, with this one's answer and this one's load.</summary>
        public async Task<Side> Bare(int nodes, Couches processes)
        {
            var side = new Side(wrk);
            var answer = await BareAnswer.Keep(lanes[0].Node!, path, processes.Folder);
            side.lanes.AddRange(
                BareGrains.Nodes(nodes, answer, path, processes.Folder).Select(begin => new Lane(begin, lanes[0].Polls, new())));
            return side;
        }

        public async Task Start()
        {
            foreach (var lane in lanes)
                lane.Node = await lane.Begin();
        }

        public Task<Cost> Poll(TimeSpan time) =>
            Measure(lane => wrk.Get(lane.Node!.Address, lane.Polls, Plan.Pollers / Nodes, time));

        public Task<Cost> Redeem(TimeSpan time) => Measure(async lane =>
        {
            var round = await wrk.Post(lane.Node!.Address, "/couch/redeem", wrk.Keep(lane.Codes), Plan.Writers / Nodes, time, once: true);
            for (var used = 0; used < round.Sent; used++)
                lane.Codes.Dequeue();
            return round;
        });

        public async ValueTask DisposeAsync()
        {
            foreach (var lane in lanes)
                await (lane.Node?.DisposeAsync() ?? default);
            foreach (var store in stores)
                await store.DisposeAsync();
        }

        private async Task<Cost> Measure(Func<Lane, Task<Round>> load)
        {
            var (couchBefore, databaseBefore) = (Processor(), OfDatabase());
            var rounds = await Task.WhenAll(lanes.Select(load));
            return new(
                rounds.Sum(round => round.Done), rounds.Sum(round => round.PerSecond),
                Processor() - couchBefore, OfDatabase() - databaseBefore);
        }

        private TimeSpan OfDatabase() => database?.Processor() ?? TimeSpan.Zero;

        private TimeSpan Processor() => lanes.Aggregate(TimeSpan.Zero, (sum, lane) => sum + lane.Node!.Processor());
    }

    /// <summary>A node and what is asked of it.</summary>
    private sealed record Lane(Func<Task<ServerProcess>> Begin, string Polls, Queue<string> Codes)
    {
        public ServerProcess? Node { get; set; }
    }
}
