using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Fleets;

/// <summary>A node that stands still with every connection open, is given up by the others, and wakes.</summary>
public sealed class PausedNodeTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Long enough to be given up.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(Length.Of(20, 30));

    private static readonly TimeSpan BetweenPauses = TimeSpan.FromSeconds(Length.Of(5, 20));

    /// <summary>
    /// While it stands still, every request that reaches it does too; then it ends, and another starts on a slow machine.
    /// </summary>
    private static readonly TimeSpan Over = Pause + TimeSpan.FromSeconds(45);

    [Fact]
    public async Task A_node_that_stood_still_under_load_loses_nothing_that_was_acknowledged()
    {
        await using var database = await PostgresServer.NewDatabase();
        var tally = new Tally();
        await using var fleet = await Fleet.Start(3, database.ConnectionString, tally);
        var trial = new Trial($"a node paused for {Pause.TotalSeconds:0} s (SIGSTOP, SIGCONT)", database.ConnectionString, tally, fleet);
        await trial.Run(
            () => Trial.Every(BetweenPauses, BetweenPauses * Length.Of(1, 5), () => tally.Fault(async () =>
            {
                var node = fleet.Living[0];
                await node.StandStill();
                await Task.Delay(Pause, TimeProvider.System);
                await node.GoOn();
                // It finds that it was given up, and ends; whatever runs it starts it anew.
                await Until.True(() => Task.FromResult(!node.IsRunning), Minute, "the node that was given up ends");
                await fleet.Kill(node);
                await fleet.Add();
            })),
            failingFor: Over);
    }
}
