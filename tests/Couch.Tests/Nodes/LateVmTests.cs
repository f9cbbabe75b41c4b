using System.Text.Json.Nodes;
using Couch.Tests.Fleets;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Nodes;

/// <summary>A node that stands still while it makes guests' VMs, and wakes after others have made them.</summary>
public sealed class LateVmTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LateVmIsGone = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Guests_whose_node_stood_still_while_their_vms_were_made_get_one_each_and_the_late_ones_are_destroyed()
    {
        await using var database = await PostgresServer.NewDatabase();
        await using var fleet = await Fleet.Start(2, database.ConnectionString, new());
        await using var toVers = new TcpProxy(fleet.Vers.Url.Port);
        await using var toDatabase = TcpProxy.Before(database.ConnectionString, out var connection);
        var sleeper = await fleet.Add(
            new() { ["VERS_API_URL"] = $"http://127.0.0.1:{toVers.Port}/api/v1", ["ConnectionStrings__Couch"] = connection });

        // Guests arrive until one's intent is written on that node, and its create is on the way.
        toVers.HoldBack("/vm/from_commit");
        var creating = await ArriveUntil(sleeper, () => toVers.IsHolding);
        // Another's VM is made there, and that it may be claimed is on its way from the row, which is asked before the create too.
        toDatabase.HoldReplyTo("AND id IN ($3)", after: 1);
        var claiming = await ArriveUntil(sleeper, () => toDatabase.IsHolding);
        Assert.Single(fleet.Vers.Vms.Left, vm => vm.Guest is null);
        await sleeper.StandStill();
        fleet.Balancer.Remove(sleeper.Http.BaseAddress!);
        var asleep = TimeProvider.System.GetTimestamp();
        var vmIds = new Dictionary<string, string?>();
        foreach (var guestId in new[] { claiming, creating })
        {
            await Until.True(async () => Ledger.Text(await Guest(fleet, guestId), "status") is "running", 4 * Minute,
                "another node gives the guest its VM");
            Reports.Note("A guest whose node stood still while its VM was made had one from another node after "
                + $"{TimeProvider.System.GetElapsedTime(asleep).TotalSeconds:0.0} s.");
            vmIds[guestId] = Ledger.Text(await Guest(fleet, guestId), "vmId");
        }

        var made = fleet.Vers.Vms.All.Count;
        toDatabase.LetGo();
        await sleeper.GoOn();
        toVers.LetGo();
        // The late create has been under way for longer than it may: it is given up as its node wakes, or makes one more VM to be
        // destroyed.
        var late = TimeProvider.System.GetTimestamp();
        await Until.True(() => Task.FromResult(fleet.Vers.Vms.Left.Count == made - 1), LateVmIsGone, "the late VMs are destroyed");
        Reports.Note($"The VMs that it made too late were gone after {TimeProvider.System.GetElapsedTime(late).TotalSeconds:0.0} s.");

        foreach (var (guestId, vmId) in vmIds)
            Assert.Equal(
                (vmId, "running"), (Ledger.Text(await Guest(fleet, guestId), "vmId"), Ledger.Text(await Guest(fleet, guestId), "status")));
        Assert.Equal(1, fleet.Vers.Vms.MostClaimedByOneGuest);
    }

    private static async Task<JsonNode> Guest(Fleet fleet, string id) =>
        (await fleet.Balancer.Send(HttpMethod.Get, $"/couch/guests/{id}")).Answer.Is(200).Json;

    /// <summary>The last guest that arrived: the one for whom it became so. Every other has its VM.</summary>
    private static async Task<string> ArriveUntil(CouchProcess node, Func<bool> isSo)
    {
        while (true)
        {
            var invite = await node.Post("/couch/invites", new { createdBy = "noah" });
            var stay = await node.Post("/couch/redeem", new { code = (string)invite["code"]!, name = "guest" });
            var isRunning = false;
            await Until.True(async () =>
            {
                isRunning = (string?)(await node.Get($"/couch/guests/{stay["guestId"]}"))["status"] is "running";
                return isRunning || isSo();
            }, Minute, "the guest runs, or its create is held");
            if (!isRunning)
                return (string)stay["guestId"]!;
        }
    }
}
