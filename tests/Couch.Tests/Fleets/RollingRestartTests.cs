using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Fleets;

/// <summary>What an upgrade does: each node in turn is ended, and started anew.</summary>
public sealed class RollingRestartTests
{
    private static readonly TimeSpan BetweenRestarts = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Over = TimeSpan.FromSeconds(25);

    [Fact]
    public async Task Ending_one_node_after_another_fails_no_request_that_may_be_repeated()
    {
        await using var database = await PostgresServer.NewDatabase();
        var tally = new Tally();
        await using var fleet = await Fleet.Start(3, database.ConnectionString, tally);
        var trial = new Trial("each node ended (SIGTERM) and started anew, in turn, every 10 s", database.ConnectionString, tally, fleet);
        await trial.Run(
            () => Trial.Every(BetweenRestarts, Trial.Length, async () =>
            {
                var node = fleet.Living[0];
                // No fault: however long a busy machine takes to start one, the others answer.
                await fleet.Add();
                await tally.Fault(() => fleet.End(node));
                Assert.True(node.ExitCode is 0, $"a node ended with {node.ExitCode}: {node.Output}");
            }),
            failingFor: Over);
    }
}
