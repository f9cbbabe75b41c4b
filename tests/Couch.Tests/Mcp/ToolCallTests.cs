using Couch.Cluster.Events;
using Couch.Tests.Console;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Mcp;

/// <summary>Hosts' and guests' agents do by tools what everybody does by HTTP, under the same rules.</summary>
public sealed class ToolCallTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>
{
    [Fact]
    public async Task A_hosts_agent_invites_watches_extends_and_ends_a_guest()
    {
        await using var host = await Agent.Connect(couch.Address, KeyedCouchHost.Key);
        var invite = (await host.Call("create_invite", new
        {
            createdBy = "noah",
            label = "by an agent",
            resourceLimits = new { maxDurationHours = 2 },
            permissions = new { canAccessInternet = false },
        })).Told();
        Assert.Equal((2, false), ((int)invite.Json["resourceLimits"]!["maxDurationHours"]!,
            (bool)invite.Json["permissions"]!["canAccessInternet"]!));
        await using var anyone = await Agent.Connect(couch.Address);
        var stay = (await anyone.Call("redeem_invite", new { code = invite["code"], name = "watched" })).Told();

        var listed = (await host.Call("list_guests", new { name = "watched" })).Told();
        Assert.Equal(stay["guestId"], listed.Json["guests"]![0]!["id"]!.ToString());
        Assert.Equal("watched", (await host.Call("guest_status", new { id = stay["guestId"] })).Told()["name"]);
        Assert.Equal(3, (double)(await host.Call("extend_guest", new { id = stay["guestId"], hours = 1 })).Told()
            .Json["resourceLimits"]!["maxDurationHours"]!);
        Assert.Equal("revoked", (await host.Call("kill_guest", new { id = stay["guestId"] })).Told()["status"]);
        (await host.Call("kill_guest", new { id = stay["guestId"] })).Refuses(400, "guest already revoked");
    }

    [Fact]
    public async Task What_a_tool_answers_is_what_its_endpoint_answers()
    {
        var stay = await couch.Host.Arrive();
        await using var host = await Agent.Connect(couch.Address, KeyedCouchHost.Key);
        await using var guest = await Agent.Connect(couch.Address, stay["authToken"]);

        async Task Same(ToolAnswer answer, Task<Answer> asked) =>
            Assert.Equal(((await asked).Body, (await asked).Json.ToJsonString()), (answer.Text, answer.Told().Json.ToJsonString()));
        await Same(await guest.Call("my_stay"), couch.With(stay["authToken"]!).Get("/couch/status"));
        await Same(
            await host.Call("guest_status", new { id = stay["guestId"] }), couch.Host.Get($"/couch/guests/{stay["guestId"]}/status"));
        await Same(await host.Call("list_invites", new { limit = 3 }), couch.Host.Get("/couch/invites?limit=3"));
        await Same(await host.Call("follow_events", new { limit = 3 }), couch.Host.Get("/couch/events?limit=3"));
    }

    [Fact]
    public async Task A_list_is_read_page_by_page_and_a_page_is_short_where_nothing_is_said()
    {
        for (var i = 0; i < 21; i++)
            await couch.Host.Invite(new { createdBy = "pages" });
        await using var host = await Agent.Connect(couch.Address, KeyedCouchHost.Key);

        var first = (await host.Call("list_invites", new { createdBy = "pages" })).Told();
        Assert.Equal("20", first["count"]);
        var last = (await host.Call("list_invites", new { createdBy = "pages", cursor = first["nextCursor"] })).Told();
        Assert.Equal(("1", null), (last["count"], last["nextCursor"]));
    }

    [Fact]
    public async Task The_same_idempotency_key_gives_the_same_invite_the_same_kill_and_the_same_revocation()
    {
        await using var host = await Agent.Connect(couch.Address, KeyedCouchHost.Key);
        var create = new { createdBy = "noah", idempotencyKey = "create-once" };
        var invite = (await host.Call("create_invite", create)).Told();
        Assert.Equal(invite.Text, (await host.Call("create_invite", create)).Told().Text);
        // One key counts, by whichever door.
        Assert.Equal(invite.Text, (await couch.Host.Sending("Idempotency-Key", "create-once").Invite(new { createdBy = "noah" })).Body);
        (await host.Call("create_invite", new { createdBy = "olga", idempotencyKey = "create-once" })).Refuses(
            409, "idempotency key reused");

        var revoke = new { id = invite["id"], idempotencyKey = "revoke-once" };
        Assert.Equal((await host.Call("revoke_invite", revoke)).Told().Text, (await host.Call("revoke_invite", revoke)).Told().Text);
        var kill = new { id = (await couch.Host.Arrive())["guestId"], idempotencyKey = "kill-once" };
        Assert.Equal((await host.Call("kill_guest", kill)).Told().Text, (await host.Call("kill_guest", kill)).Told().Text);
    }

    [Fact]
    public async Task A_refusal_is_the_endpoints_and_says_what_to_do_next()
    {
        await using var host = await Agent.Connect(couch.Address, KeyedCouchHost.Key);
        await using var anyone = await Agent.Connect(couch.Address);

        (await host.Call("create_invite", new { createdBy = 5 })).Refuses(400, "createdBy has the wrong type, or is not valid text");
        (await host.Call("create_invite")).Refuses(400, "createdBy is required");
        (await host.Call("list_guests", new { status = "asleep" })).Refuses(
            400, "status must be one of provisioning, running, stopped, expired, revoked");
        (await host.Call("follow_events", new { wait = 61 })).Refuses(400, "wait must be a number of seconds from 0 to 60");
        (await host.Call("kill_guest")).Refuses(404, "guest not found");
        (await host.Call("revoke_invite", new { id = "01KAS48W7V0123456789ABCDEF" })).Refuses(404, "invite not found");
        (await host.Call("extend_guest", new { id = "x", hours = 0 })).Refuses(400, "hours must be a number above 0, at most 720");
        (await host.Call("my_stay")).Refuses(400, "token is required");
        (await anyone.Call("my_stay")).Refuses(400, "token is required");
        (await anyone.Call("list_guests")).Refuses(401, "Unauthorized — this endpoint asks for the host key");
        (await anyone.Call("redeem_invite", new { code = "inv_x" })).Refuses(400, "name is required");
    }

    [Fact]
    public async Task A_guests_token_is_no_host_key()
    {
        var (stay, other) = (await couch.Host.Arrive(), await couch.Host.Arrive());
        await using var guest = await Agent.Connect(couch.Address, stay["authToken"]);

        foreach (var tool in new[] { "kill_guest", "extend_guest", "guest_status", "revoke_invite", "create_invite", "list_guests" })
            (await guest.Call(tool, new { id = other["guestId"], hours = 1, createdBy = "guest" })).Refuses(
                401, "Unauthorized — this endpoint asks for the host key");
        // A token in the arguments is not the one that counts.
        Assert.Equal(stay["guestId"], (await guest.Call("my_stay", new { token = other["authToken"] })).Told()["guestId"]);
    }

    [Theory]
    [InlineData("../keys/x")]
    [InlineData("x/../../keys")]
    [InlineData("{guest}/activate")]
    [InlineData("{guest}/extend")]
    [InlineData("{guest}?x=")]
    [InlineData("{guest}%2F")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("kill")]
    public async Task An_id_leads_nowhere_else(string id)
    {
        var guest = (await couch.Host.Arrive())["guestId"]!;
        await using var host = await Agent.Connect(couch.Address, KeyedCouchHost.Key);
        id = id.Replace("{guest}", guest, StringComparison.Ordinal);

        (await host.Call("kill_guest", new { id })).Refuses(404, "guest not found");
        (await host.Call("guest_status", new { id })).Refuses(404, "guest not found");
        Assert.Equal("provisioning", (await couch.Host.Get($"/couch/guests/{guest}"))["status"]);
    }

    [Fact]
    public async Task A_consoles_session_is_nothing_to_tools()
    {
        var session = await couch.SignInWith(KeyedCouchHost.Key);
        var answer = await couch.By(session).AsConsole().Sending("Accept", "application/json, text/event-stream").Post(
            "/mcp", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_guests"}}""");
        Assert.Contains("this endpoint asks for the host key", answer.Is(200).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_follows_waits_for_the_next_event_and_goes_on_after_it()
    {
        await using var host = await Agent.Connect(couch.Address, KeyedCouchHost.Key);
        var stats = (await couch.Host.Get("/couch/events/stats")).Is(200);
        var since = (long?)stats.Json["newestId"] ?? 0;

        var follows = host.Call("follow_events", new { since_id = since, type = "couch.invite.created", agent = "followed", wait = 60 });
        await couch.Host.Invite(new { createdBy = "somebody else" });
        Assert.False(follows.IsCompleted);
        var invite = await couch.Host.Invite(new { createdBy = "followed" });

        var seen = (await follows).Told().Json["events"]!.AsArray().Single()!;
        Assert.Equal(invite["id"], seen["payload"]!["inviteId"]!.ToString());
        foreach (var wait in new[] { 0, 0.1 })
        {
            var later = await host.Call("follow_events", new { since_id = (long)seen["id"]!, agent = "followed", wait });
            Assert.Equal("0", later.Told()["count"]);
        }
    }

    [Fact]
    public async Task Whoever_waits_for_events_by_a_key_that_is_revoked_is_not_told()
    {
        var key = (await couch.Host.Post("/couch/keys", new { name = "short", scopes = new[] { "events" } })).Is(201);
        await using var host = await Agent.Connect(couch.Address, key["key"]);
        var since = (long)(await couch.Host.Get("/couch/events/stats")).Json["newestId"]!;

        var follows = host.Call("follow_events", new { since_id = since, type = "couch.key.revoked", wait = 60 });
        await Until.True(
            () => Task.FromResult(couch.App.Services.GetRequiredService<EventTail>().Readers > 0), TimeSpan.FromSeconds(30), "it waits");
        (await couch.Host.Delete($"/couch/keys/{key["id"]}")).Is(200);

        (await follows).Refuses(401, "Unauthorized — this endpoint asks for the host key");
    }

    [Theory]
    [InlineData("2025-03-26")]
    [InlineData("2025-06-18")]
    [InlineData("2025-11-25")]
    [InlineData("2026-07-28")]
    public async Task Each_revision_that_clients_speak_is_spoken(string version)
    {
        await using var agent = await Agent.Connect(couch.Address, KeyedCouchHost.Key, version);

        Assert.Equal(version, agent.Version);
        (await agent.Call("list_guests")).Told();
    }
}
