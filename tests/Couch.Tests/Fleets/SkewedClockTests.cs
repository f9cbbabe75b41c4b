using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Fleets;

/// <summary>Nodes whose clocks do not agree: one goes five seconds ahead, one is five seconds late.</summary>
public sealed class SkewedClockTests
{
    /// <summary>Against the test's own clock, and a second for the way of a request.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(6);

    private static Dictionary<string, string> Clock(int node) => new() { ["CLOCK_SKEW"] = $"{5 * (node - 1)}" };

    [Fact]
    public async Task Stays_and_their_ends_hold_under_load_and_nothing_ends_early_by_more_than_the_clocks_differ()
    {
        await using var database = await PostgresServer.NewDatabase();
        var tally = new Tally();
        await using var fleet = await Fleet.Start(3, database.ConnectionString, tally, CouchProcess.Skewed, Clock);
        var trial = new Trial("clocks apart by ±5 s", database.ConnectionString, tally, fleet, Skew);
        await trial.Run(() => Task.Delay(Trial.Length, TimeProvider.System), failingFor: TimeSpan.Zero);
    }

    [Fact]
    public async Task A_capability_holds_on_every_node_and_lists_follow_the_stamped_time()
    {
        await using var database = await PostgresServer.NewDatabase();
        await using var fleet = await Fleet.Start(3, database.ConnectionString, new(), CouchProcess.Skewed, Clock);
        for (var i = 0; i < 9; i++)
        {
            // Made where the clock is ahead, redeemed where it is late, and the other way round.
            var (maker, redeemer, reader) = (fleet.Living[i % 3], fleet.Living[(i + 1) % 3], fleet.Living[(i + 2) % 3]);
            var invite = await maker.Post("/couch/invites", new { createdBy = "noah" });
            var stay = await redeemer.Post("/couch/redeem", new { code = (string)invite["code"]!, name = $"guest-{i}" });
            Assert.Equal((string?)stay["guestId"], (string?)(await reader.Get($"/couch/status?token={stay["authToken"]}"))["guestId"]);
        }

        foreach (var node in fleet.Living)
        {
            foreach (var list in new[] { "invites", "guests" })
            {
                var stamps = (await node.Get($"/couch/{list}"))[list]!.AsArray().Select(row => (string)row!["createdAt"]!).ToList();
                Assert.Equal(9, stamps.Count);
                Assert.Equal(stamps.OrderDescending(StringComparer.Ordinal), stamps);
            }
        }
    }
}
