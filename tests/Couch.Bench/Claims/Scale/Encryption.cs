using System.Globalization;
using System.Security.Cryptography;
using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Bench.Stores;
using Couch.Domain.Capabilities;

namespace Couch.Bench.Claims.Scale;

/// <summary>
/// What it costs that nodes prove themselves to each other and encrypt what they say: two nodes of bare Orleans grains that do,
/// beside two that do not. Half of the requests have to ask the other node.
/// </summary>
internal static class Encryption
{
    private const int Nodes = 2;
    private const int Grains = 1_000;
    private const int AnswerBytes = 500;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(8);

    public static async Task Run(Plan plan, Wrk wrk, Report report, StorageEngine engine, Couches couches)
    {
        var answer = await BareAnswer.Keep(AnswerBytes, couches.Folder);
        var paths = Enumerable.Range(0, Grains).Select(grain => string.Create(CultureInfo.InvariantCulture, $"/couch/status?token={grain}")).ToList();
        var load = wrk.Keep(paths);
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(SigningKeys.LeastKeyBytes));
        var sides = new List<List<ServerProcess>>();
        try
        {
            foreach (var begin in new[] { BareGrains.Nodes(Nodes, answer, paths[0], couches.Folder), BareGrains.Nodes(Nodes, answer, paths[0], couches.Folder, key) })
            {
                sides.Add([]);
                foreach (var node in begin)
                    sides[^1].Add(await node());
            }

            foreach (var side in sides)
                await Measure(side, WarmUp);
            Costs[] costs = [new(), new()];
            for (var round = 0; round < plan.Rounds; round++)
            {
                foreach (var (index, side) in sides.Index())
                    costs[index].Add(await Measure(side, plan.Time));
            }

            report.Grown($"bare grains, {Nodes} nodes, mutual TLS between them", costs[1], "plain", costs[0], null);
            report.Figure("mutual TLS, a call to another node", string.Create(CultureInfo.InvariantCulture, $"{(costs[1].Couch - costs[0].Couch) * Nodes / (Nodes - 1):0} µs of both nodes' processors"));
        }
        finally
        {
            foreach (var node in sides.SelectMany(side => side))
                await node.DisposeAsync();
        }

        async Task<Cost> Measure(List<ServerProcess> side, TimeSpan time)
        {
            var before = Processor(side);
            var rounds = await Task.WhenAll(side.Select(node => wrk.Get(node.Address, load, Plan.Pollers / Nodes, time)));
            return new(rounds.Sum(round => round.Done), rounds.Sum(round => round.PerSecond), Processor(side) - before, TimeSpan.Zero);
        }
    }

    private static TimeSpan Processor(List<ServerProcess> side) => side.Aggregate(TimeSpan.Zero, (sum, node) => sum + node.Processor());
}
