using System.Numerics;
using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Couch.Tests.Vms;

namespace Couch.Tests.Model;

/// <summary>
/// Goes through every world that can follow from some first ones, breadth first, each once. Of a world that breaks a claim it tells the
/// shortest history that leads there.
/// </summary>
internal sealed class Exploration(Moves moves)
{
    public const string TwoVms = "two VMs carry the guest's claim";

    /// <summary>More than it takes to run, or to end with everything destroyed, from anywhere.</summary>
    private const int LongestRecovery = 200;

    private readonly Key key = new();
    private readonly Dictionary<UInt128, int> seen = [];
    private readonly List<(int From, ushort Move)> ways = [];
    private readonly List<BigInteger> histories = [];
    private readonly HashSet<UInt128> recovers = [];
    private IReadOnlyDictionary<string, World> firsts = new Dictionary<string, World>();

    public int Worlds => ways.Count;

    public int Depth { get; private set; }

    public long Steps { get; private set; }

    /// <summary>How many shortest histories lead to the worlds gone through.</summary>
    public BigInteger Histories { get; private set; }

    /// <param name="firsts">Where it begins: each with its name.</param>
    /// <param name="most">Ends after the depth at which so many worlds have been gone through.</param>
    /// <returns>What is wrong, with the history that leads there; null where nothing is.</returns>
    public string? Find(IReadOnlyDictionary<string, World> firsts, int most)
    {
        this.firsts = firsts;
        var edge = new List<(int Number, World World)>();
        foreach (var first in firsts.Values)
        {
            if (Remember(first, -1, 0, BigInteger.One))
                edge.Add((Worlds - 1, first));
        }

        while (edge.Count > 0 && Worlds < most)
        {
            Depth++;
            var firstOfNext = Worlds;
            var next = new List<(int, World)>();
            foreach (var (number, world) in edge)
            {
                if (WhyNot(world) is { } wrong)
                    return $"{wrong}{Environment.NewLine}{History(number)}";
                var from = moves.From(world);
                for (ushort move = 0; move < from.Count; move++)
                {
                    Steps++;
                    var after = from[move].After;
                    // But for the history in which its time was shorter from the start.
                    if (!ReferenceEquals(after.Row, world.Row) && after.Row.ExpiresAt >= world.Row.ExpiresAt
                        && Legal.WhyNot(world.Row, after.Row) is { } illegal)
                        return $"{illegal}{Environment.NewLine}{History(number)}{from[move].Name}";
                    if (Remember(after, number, move, histories[number], firstOfNext))
                        next.Add((Worlds - 1, after));
                }
            }

            edge = next;
        }

        foreach (var (number, world) in edge)
        {
            if (WhyNot(world) is { } wrong)
                return $"{wrong}{Environment.NewLine}{History(number)}";
        }

        Histories = histories.Aggregate(BigInteger.Zero, (sum, ways) => sum + ways);
        return null;
    }

    private bool Remember(World world, int from, ushort move, BigInteger by, int firstOfNext = 0)
    {
        var hash = key.Of(world);
        if (!seen.TryAdd(hash, ways.Count))
        {
            // As long a way as the first one found.
            if (seen[hash] is var known && known >= firstOfNext)
                histories[known] += by;
            return false;
        }

        ways.Add((from, move));
        histories.Add(by);
        return true;
    }

    private string? WhyNot(World world)
    {
        var row = world.Row;
        if (world.Vms.Count(vm => vm.IsClaimed && !row.Vm.EachCondemned.Contains(vm.Id)) > 1)
            return TwoVms;
        if (row.Vm.DestroyedAt is not null && world.Vms.Any(vm => vm.IsClaimed))
            return "there is a receipt, and a VM that carries the guest's claim";
        if (row.Vm.Unaccounted > VmTrack.MostUnaccounted + 1)
            return "more creates of unknown outcome than a guest may have";
        if (row is { Status: GuestStatus.Running, VmId: null })
            return "it runs without a VM";
        return Recovers(world) ? null : "it never comes to rest, though nothing goes wrong any more";
    }

    private bool Recovers(World world)
    {
        var way = new List<UInt128>();
        for (var step = 0; step < LongestRecovery; step++)
        {
            var hash = key.Of(world);
            if (recovers.Contains(hash) || Moves.IsQuiet(world))
            {
                recovers.UnionWith(way);
                return true;
            }

            way.Add(hash);
            if (moves.Well(world) is not { } next)
                return false;
            world = next;
        }

        return false;
    }

    private string History(int number)
    {
        var path = new Stack<ushort>();
        var root = number;
        for (; ways[root].From >= 0; root = ways[root].From)
            path.Push(ways[root].Move);
        var (name, world) = firsts.ElementAt(root);
        var told = new List<string> { $"  {name}:" };
        foreach (var move in path)
        {
            var taken = moves.From(world)[move];
            world = taken.After;
            told.Add($"  - {taken.Name}");
        }

        told.Add($"  row: {world.Row.Status} {world.Row.EndReason} {world.Row.Vm}");
        told.Add($"  VMs: {string.Join(", ", world.Vms.Select(vm => vm.ToString()))}; calls: "
            + $"{string.Join(", ", world.Calls.Select(call => call.ToString()))}; current: {world.Current?.Work}");
        return string.Join(Environment.NewLine, told) + Environment.NewLine;
    }
}
