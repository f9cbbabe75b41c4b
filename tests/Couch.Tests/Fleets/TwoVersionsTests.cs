using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Fleets;

/// <summary>
/// The version that was released last and this one, as nodes of one couch, exchanged one by one under load: to this version
/// and back again. The older program is built by tests/faults.sh, which alone asks for this claim.
/// </summary>
public sealed class TwoVersionsTests
{
    /// <summary>Where the older version's program is.</summary>
    private const string Variable = "COUCH_TEST_PREVIOUS";

    private static readonly TimeSpan BetweenExchanges = TimeSpan.FromSeconds(10);

    /// <summary>From before the new node is started, which takes twenty seconds on a busy machine, until the old one has gone.</summary>
    private static readonly TimeSpan Over = TimeSpan.FromSeconds(45);

    [Fact(Explicit = true)]
    public async Task Exchanging_nodes_for_the_next_version_and_back_fails_no_request_that_may_be_repeated()
    {
        var previous = Environment.GetEnvironmentVariable(Variable)
            ?? throw new InvalidOperationException($"{Variable} is not set: run tests/faults.sh");
        await using var database = await PostgresServer.NewDatabase();
        var tally = new Tally();
        await using var fleet = await Fleet.Start(3, database.ConnectionString, tally, previous);
        var older = fleet.Living.ToHashSet();
        var trial = new Trial("nodes of the version before ended (SIGTERM) for ones of this version, and back, one every 10 s",
            database.ConnectionString, tally, fleet, isLogged: false);
        var isGoingBack = false;
        await trial.Run(
            () => Trial.Every(BetweenExchanges, Trial.Length, () => tally.Fault(async () =>
            {
                if (fleet.Living.All(older.Contains))
                    isGoingBack = false;
                else if (!fleet.Living.Any(older.Contains))
                    isGoingBack = true;

                var node = fleet.Living.First(node => older.Contains(node) != isGoingBack);
                var next = await fleet.AddOf(isGoingBack ? previous : CouchProcess.Gateway);
                if (isGoingBack)
                    older.Add(next);
                await fleet.End(node);
                Assert.True(node.ExitCode is 0, $"a node ended with {node.ExitCode}: {node.Output}");
            })),
            failingFor: Over);
    }
}
