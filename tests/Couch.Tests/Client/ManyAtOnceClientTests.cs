using System.Text;
using Couch.Client;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Client;

/// <summary>Many guests or invites are ended at once, and a couch is summed up.</summary>
public sealed class ManyAtOnceClientTests(CouchHost couch) : IClassFixture<CouchHost>
{
    [Fact]
    public async Task A_real_couch_ends_what_is_selected_and_sums_up_what_is_there()
    {
        var client = Clients.Of(couch);
        var staying = new List<string>();
        for (var turn = 0; turn < 3; turn++)
        {
            var invite = await client.Invites.Create(new() { CreatedBy = "many", Label = "spent" });
            staying.Add((await client.Redeem(invite.Code, $"Many-{turn}")).GuestId);
            await client.Invites.Create(new() { CreatedBy = "many", Label = "open" });
        }

        staying.Reverse();
        Assert.Equal(
            staying,
            (await client.Guests.List(new() { CreatedBy = "many", Label = "spent", Name = "mANY", PageSize = 2 }).ToList())
                .Select(guest => guest.Id));
        Assert.Equal(3, (await client.Invites.List(new() { CreatedBy = "many", Label = "open", PageSize = 2 }).ToList()).Count);
        Assert.Equal(3, (await client.Summary()).Guests.Provisioning);

        var all = Selection.Everything() with { CreatedBy = "many" };
        Assert.Equal(3, (await client.Guests.Kill(all with { DryRun = true })).Killed);
        var one = await client.Guests.Kill(Selection.Of(staying[0], "nobody"));
        Assert.Equal((1, "nobody"), (one.Killed, Assert.Single(one.Failed).Id));
        Assert.Equal(2, (await client.Guests.KillStepwise(all).ToList())[^1].Killed);
        Assert.Equal(3, (await client.Invites.Revoke(all)).Revoked);
        Assert.Equal(0, (await client.Invites.RevokeStepwise(all).ToList())[^1].Revoked);

        var summary = await client.Summary();
        Assert.Equal((0, 3, 3), (summary.Guests.Provisioning, summary.Guests.Revoked, summary.Invites.Revoked));
        Assert.Null(summary.VmProvider);
        await Assert.ThrowsAsync<CouchValidationException>(() => client.Guests.Kill(Selection.Of()));
    }

    [Fact]
    public async Task Some_are_named_by_their_ids_and_all_by_what_their_invites_have_in_common()
    {
        using var stub = new StubCouch();
        stub.Says("""{"killed":1,"alreadyEnded":1,"failed":[{"id":"x","error":"guest not found"}]}""")
            .LosesTheAnswer().Says("""{"revoked":0,"alreadyEnded":3,"failed":[]}""");

        var killed = await stub.Client().Guests.Kill(Selection.Of("a", "b", "x"));
        var revoked = await stub.Passing(
            stub.Client().Invites.Revoke(Selection.Everything() with { CreatedBy = "noah", Label = "ci", DryRun = true }));

        Assert.Equal((1, 1, "guest not found"), (killed.Killed, killed.AlreadyEnded, Assert.Single(killed.Failed).Error));
        Assert.Equal((0, 3), (revoked.Revoked, revoked.AlreadyEnded));
        Assert.Equal(
            [
                ("POST /under/couch/guests/kill", """{"ids":["a","b","x"]}"""),
                ("POST /under/couch/invites/revoke", """{"all":true,"createdBy":"noah","label":"ci","dryRun":true}"""),
                ("POST /under/couch/invites/revoke", """{"all":true,"createdBy":"noah","label":"ci","dryRun":true}"""),
            ],
            stub.Seen.Select(request => (request.Line, request.Body)));
    }

    [Fact]
    public async Task Progress_comes_line_by_line()
    {
        using var stub = new StubCouch();
        var lines = """{"killed":1,"alreadyEnded":0,"failed":[]}""" + "\n" + """{"killed":2,"alreadyEnded":1,"failed":[]}""" + "\n";
        stub.Says(new MemoryStream(Encoding.UTF8.GetBytes(lines)), "application/x-ndjson");

        var seen = await stub.Client().Guests.KillStepwise(Selection.Everything()).ToList();

        Assert.Equal([(1, 0), (2, 1)], seen.Select(step => (step.Killed, step.AlreadyEnded)));
        Assert.Contains(stub.Seen.Single().Headers.Accept, accept => accept.MediaType == "application/x-ndjson");
    }

    [Fact]
    public async Task Progress_that_breaks_off_is_no_result()
    {
        using var stub = new StubCouch();
        stub.Says(new MemoryStream("""{"revoked":1,"alreadyEnded":0,"fai"""u8.ToArray()), "application/x-ndjson");

        await Assert.ThrowsAnyAsync<CouchException>(() => stub.Client().Invites.RevokeStepwise(Selection.Everything()).ToList());
    }

    [Fact]
    public async Task A_summary_says_what_is_there_and_what_is_owed()
    {
        using var stub = new StubCouch();
        stub.Says(
            """
            {"at":"2026-11-29T16:00:00.000Z","guests":{"provisioning":1,"running":2,"stopped":3,"expired":4,"revoked":5},
             "invites":{"active":6,"redeemed":7,"revoked":8,"expired":9},
             "usage":{"cpuSeconds":1.5,"memoryPeakMB":2,"diskUsedGB":3,"networkEgressGB":4,"tokensUsed":5,"uptimeSeconds":6},
             "owed":{"destroysOutstanding":1,"oldestDestroySeconds":12.5,"unclaimedVms":null,"provisioningOverAMinute":2}}
            """);

        var summary = await stub.Client().Summary();

        Assert.Equal((2, 6, 5), (summary.Guests.Running, summary.Invites.Active, summary.Usage.TokensUsed));
        Assert.Equal(
            (1, 12.5, null, 2), (
                summary.Owed.DestroysOutstanding, summary.Owed.OldestDestroySeconds, summary.Owed.UnclaimedVms,
                summary.Owed.ProvisioningOverAMinute));
        Assert.Equal("GET /under/couch/summary", stub.Seen.Single().Line);
    }
}
