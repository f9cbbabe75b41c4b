using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Fleets;

/// <summary>What the death of a node costs a couch of several: a few seconds.</summary>
public sealed class KilledNodeTests
{
    private static readonly TimeSpan BetweenKills = TimeSpan.FromSeconds(10);

    /// <summary>A node is given up after three missed probes of two seconds; the rest is a slow machine's.</summary>
    private static readonly TimeSpan GivenUp = TimeSpan.FromSeconds(25);

    [Fact]
    public async Task Killing_a_node_every_ten_seconds_loses_nothing_that_was_acknowledged()
    {
        await using var database = await PostgresServer.NewDatabase();
        var tally = new Tally();
        await using var fleet = await Fleet.Start(3, database.ConnectionString, tally);
        var trial = new Trial("a node killed (SIGKILL) and another started, every 10 s", database.ConnectionString, tally, fleet);
        await trial.Run(
            () => Trial.Every(BetweenKills, Trial.Length, () => tally.Fault(async () =>
            {
                await fleet.Kill(fleet.Living[0]);
                await fleet.Add();
            })),
            failingFor: GivenUp);
    }
}
