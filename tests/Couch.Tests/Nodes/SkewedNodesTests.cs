using Couch.Tests.Fleets;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Nodes;

/// <summary>Nodes whose clocks do not agree, each asked in turn.</summary>
public sealed class SkewedNodesTests
{
    [Fact]
    public async Task A_capability_holds_on_every_node_and_lists_follow_the_stamped_time()
    {
        await using var database = await PostgresServer.NewDatabase();
        await using var fleet = await Fleet.Start(3, database.ConnectionString, new(), CouchProcess.Skewed, SkewedClockTests.Clock);
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
