using System.Diagnostics;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Model;

/// <summary>Everything that can happen to a guest and its VM, in every order, up to a depth.</summary>
public sealed class EveryHistoryTests(ITestOutputHelper output)
{
    private static readonly string[] Boots = ["made", "stands", "claimed", "report"];
    private static readonly string[] Runs = [.. Boots, "ready", "report"];

    [Fact]
    public void In_no_order_of_events_has_a_guest_two_vms_or_a_receipt_too_early_or_is_it_stuck()
    {
        var began = Stopwatch.GetTimestamp();
        var moves = new Moves();
        var exploration = new Exploration(moves);
        var wrong = exploration.Find(Firsts(moves), most: Length.Of(1_000_000, 10_000_000));
        output.WriteLine($"{exploration.Worlds:N0} distinct states, {exploration.Steps:N0} steps, {exploration.Histories:N0} histories of "
            + $"up to {exploration.Depth} events in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s");
        Assert.True(wrong is null, wrong);
    }

    [Theory]
    [InlineData(nameof(Broken.AttemptsAreNotFenced))]
    [InlineData(nameof(Broken.ClaimsOnAnOldAnswer))]
    public void A_couch_without_one_of_its_guards_is_found_to_give_a_guest_two_vms(string broken)
    {
        var moves = new Moves(Enum.Parse<Broken>(broken));
        var wrong = new Exploration(moves).Find(Firsts(moves), most: 1_000_000);
        output.WriteLine(wrong ?? "nothing found");
        Assert.StartsWith(Exploration.TwoVms, wrong, StringComparison.Ordinal);
    }

    private static Dictionary<string, World> Firsts(Moves moves) => new()
    {
        ["a guest arrives"] = After(moves),
        ["its VM boots"] = After(moves, Boots),
        ["it runs"] = After(moves, Runs),
        ["it was killed"] = After(moves, [.. Runs, "kill"]),
        ["nobody knows what became of a create"] = After(moves, "create's answer lost", "report", "wait", "tick"),
        ["its node stood still before a create and was given up, and another has been asked"] =
            After(moves, "node stands still and is given up", "tick", "none found", "report", "long wait", "tick", "none found"),
        ["its node stood still before a claim and was given up, and another has been asked"] =
            After(moves, "made", "stands", "node stands still and is given up", "tick", "none found", "report", "long wait", "tick",
                "none found"),
    };

    private static World After(Moves moves, params string[] names) => names.Aggregate(
        World.Of(Some.Guest().OrderVm("vers", Some.Time), Some.Time),
        (world, name) => moves.From(world).First(move => move.Name == name).After);
}
