using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Fleets;

/// <summary>What a restart of the database, or its crash, costs a couch of several nodes: the seconds that it takes.</summary>
public sealed class DatabaseRestartTests
{
    private static readonly TimeSpan BetweenRestarts = TimeSpan.FromSeconds(10);

    /// <summary>A connection is tried for five seconds, a statement for six; the rest is a slow machine's.</summary>
    private static readonly TimeSpan Over = TimeSpan.FromSeconds(25);

    [Fact]
    public async Task Restarting_and_crashing_the_database_under_load_loses_nothing_that_was_acknowledged()
    {
        await using var server = await OwnPostgres.Start();
        var tally = new Tally();
        await using var fleet = await Fleet.Start(3, server.ConnectionString, tally);
        var trial = new Trial("PostgreSQL restarted (`immediate` and `fast` in turn), every 10 s", server.ConnectionString, tally, fleet);
        var restarts = 0;
        await trial.Run(
            () => Trial.Every(
                BetweenRestarts, Trial.Length, () => tally.Fault(() => server.Restart(restarts++ % 2 is 0 ? "immediate" : "fast"))),
            failingFor: Over);
        Assert.All(fleet.Living, node => Assert.True(node.IsRunning, node.Output));
    }
}
