using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Fleets;

/// <summary>A node that stands still with every connection open, is given up by the others, and wakes.</summary>
public sealed class PausedNodeTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LateVmIsGone = TimeSpan.FromSeconds(10);

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
