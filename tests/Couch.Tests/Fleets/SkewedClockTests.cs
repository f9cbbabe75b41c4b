using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Fleets;

/// <summary>Nodes whose clocks do not agree: one goes five seconds ahead, one is five seconds late.</summary>
public sealed class SkewedClockTests
{
    /// <summary>Against the test's own clock, and a second for the way of a request.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(6);

    /// <summary>One node ahead, one right, one late.</summary>
    internal static Dictionary<string, string> Clock(int node) => new() { ["CLOCK_SKEW"] = $"{5 * (node - 1)}" };

    [Fact]
    public async Task Stays_and_their_ends_hold_under_load_and_nothing_ends_early_by_more_than_the_clocks_differ()
    {
        await using var database = await PostgresServer.NewDatabase();
        var tally = new Tally();
        await using var fleet = await Fleet.Start(3, database.ConnectionString, tally, CouchProcess.Skewed, Clock);
        var trial = new Trial("clocks apart by ±5 s", database.ConnectionString, tally, fleet, Skew);
        await trial.Run(() => Task.Delay(Trial.Length, TimeProvider.System), failingFor: TimeSpan.Zero);
    }
}
