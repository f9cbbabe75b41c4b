using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>Faults that are seeded one at a time: each is named, with what mends it, and the exit code says that not all is well.</summary>
public sealed class DoctorCliTests(KeyedWebhookHost couch) : IClassFixture<KeyedWebhookHost>, IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly Person noah = new(couch.Address, KeyedWebhookHost.Key);
    private TamperedCouch newest = null!;

    public async ValueTask InitializeAsync()
    {
        newest = await TamperedCouch.Before(couch.Address);
        noah.Environment["COUCH_URL"] = newest.Address.AbsoluteUri;
    }

    public async ValueTask DisposeAsync()
    {
        await newest.DisposeAsync();
        noah.Dispose();
    }

    [Fact]
    public async Task A_couch_that_is_well_is_said_to_be()
    {
        var ran = (await noah.Runs("doctor", "--json")).Ok();

        Assert.DoesNotContain(ran.Lines, line => (string)JsonNode.Parse(line)!["state"]! == "fault");
        Assert.Equal(
            ["reach", "clock", "ready", "database", "version", "key", "provider", "owed"],
            ran.Lines.Select(line => (string)JsonNode.Parse(line)!["check"]!));
        Assert.Contains("all is well", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_not_known() =>
        await Finds("reach", "the name no-such-couch.invalid is not known", "DNS", "--url", "http://no-such-couch.invalid");

    [Fact]
    public async Task Nobody_listens() =>
        await Finds("reach", "Connection refused", "start the couch", "--url", $"http://127.0.0.1:{FreePort.Find(1)[0]}");

    [Fact]
    public async Task Something_listens_that_does_not_answer()
    {
        await using var proxy = new TcpProxy(couch.Address.Port);
        proxy.Hang();

        await Finds("reach", "does not answer", "see whether the couch hangs", "--url", $"http://127.0.0.1:{proxy.Port}");
    }

    [Fact]
    public async Task A_couch_without_a_certificate_is_asked_for_one() =>
        await Finds("reach", "no secure connection", "the address begins with http://", "--url", $"https://127.0.0.1:{couch.Address.Port}");

    [Fact]
    public async Task A_proxy_redirects()
    {
        newest.Answers("/health", context =>
        {
            context.Response.Redirect("https://elsewhere.example/");
            return Task.CompletedTask;
        });

        await Finds("reach", "redirect (302)", "https://");
    }

    [Fact]
    public async Task A_proxy_has_nobody_behind_it()
    {
        newest.Answers("/health", 502, "");

        await Finds("reach", "a proxy answers 502", "start the couch behind it");
    }

    [Fact]
    public async Task Something_else_answers()
    {
        newest.Answers("/health", context => context.Response.WriteAsync("<h1>It works!</h1>"));

        await Finds("reach", "is no couch", "correct the address");
    }

    [Theory, InlineData(3600, "1h ahead of"), InlineData(-120, "behind")]
    public async Task Clocks_are_apart(int seconds, string says)
    {
        newest.ClockApart = TimeSpan.FromSeconds(seconds + (seconds < 0 ? -0.5 : 0.5));

        await Finds("clock", says, "NTP");
    }

    [Fact]
    public async Task A_node_is_not_ready()
    {
        newest.Answers("/health/ready", 503, """{"error":"not ready","detail":"The silo is joining.","silo":"joining","database":"ok"}""");

        await Finds("ready", "The silo is joining.", "its log says");
    }

    [Fact]
    public async Task The_database_is_away()
    {
        newest.Answers("/health/ready", 200, """{"status":"ready","silo":"active","database":"PostgreSQL refuses connections"}""");

        await Finds("database", "PostgreSQL refuses connections", "ConnectionStrings__Couch");
    }

    [Fact]
    public async Task The_clocks_of_node_and_database_are_apart()
    {
        newest.Answers(
            "/health/ready", 200, """{"status":"ready","silo":"active","database":"ok","clock":"This node's clock is 40 s behind."}""");

        await Finds("clock", "40 s behind", "NTP");
    }

    [Fact]
    public async Task The_couch_is_older_than_the_command()
    {
        newest.Answers("/openapi/v1.json", 200, """{"paths":{"/couch/invites":{},"/couch/guests":{}}}""");

        await Finds("version", "it lacks /couch/invites/revoke", "upgrade the couch");
    }

    [Fact]
    public async Task There_is_no_key()
    {
        noah.Environment.Remove("COUCH_AUTH_TOKEN");

        await Finds("key", "the couch asks for a host key", "COUCH_AUTH_TOKEN");
    }

    [Fact]
    public async Task The_key_is_wrong()
    {
        noah.Environment["COUCH_AUTH_TOKEN"] = "a guess";

        await Finds("key", "does not accept the key (COUCH_AUTH_TOKEN)", "ask the operator");
    }

    [Fact]
    public async Task The_key_lacks_a_scope()
    {
        var key = (await noah.Runs("key", "create", "--name", "narrow", "--scope", "guests,events", "--quiet")).Ok().Out;
        noah.Environment["COUCH_AUTH_TOKEN"] = key.Trim();

        await Finds("key", "lacks the scope invites; it has events, guests", "couch key create");
        // Who wants no more is content.
        (await noah.Runs("doctor", "--scopes", "guests,events")).Ok();
    }

    [Fact]
    public async Task Guests_wait_because_there_is_no_provider()
    {
        await using var own = await CouchHost.Start();
        var guest = await own.Anyone.Arrive();

        await Finds(
            "provider", $"no VM provider: 1 guest (the newest: {guest["guestId"]})", "docs/vms.md", "--url", own.Address.AbsoluteUri);
    }

    [Fact]
    public async Task The_provider_does_not_answer()
    {
        var port = FreePort.Find(1)[0];
        await using var house = await CouchHost.Start(
            $"--VERS_API_URL=http://127.0.0.1:{port}", "--VERS_API_KEY=some-key-of-the-account",
            "--GOLDEN_COMMIT_ID=00000000-0000-4000-8000-00000000c0c4");

        await FindsOnceSeen(house, "unreachable", "the VM provider vers does not answer: Vers could not be asked to list VMs",
            "VERS_API_URL or DOCKER_HOST");
    }

    [Fact]
    public async Task The_provider_does_not_accept_the_couchs_key_any_more()
    {
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        await using var house = await CouchHost.Start(NodeSettings.Of(vers).AsArguments());
        vers.Faults.RefuseKey(401);
        await house.Anyone.Arrive();

        await FindsOnceSeen(house, "key-refused", "the VM provider vers does not accept the couch's key", "VERS_API_KEY");

        // What is mended is not told any more.
        vers.Faults.Heal();
        var guest = await house.Anyone.Arrive();
        // Only then are all calls that the refused key has failed over.
        await Until.True(
            async () => (await house.Anyone.Get($"/couch/guests/{guest["guestId"]}"))["status"] is "running", Soon, "it has a VM");
        await Until.True(async () => await Trouble(house) is null, Soon, "it is well again");
        (await noah.Runs("doctor", "--url", house.Address.AbsoluteUri)).Ok();
    }

    [Fact]
    public async Task The_provider_does_not_have_the_golden_image()
    {
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        await using var house = await CouchHost.Start(
            [.. NodeSettings.Of(vers).AsArguments(), "--GOLDEN_COMMIT_ID=00000000-0000-4000-8000-0000000000ff"]);
        await house.Anyone.Arrive();

        await FindsOnceSeen(
            house, "image-missing", "the VM provider vers does not have what VMs are made from: Vers refused to create a VM",
            "GOLDEN_COMMIT_ID");
    }

    [Fact]
    public async Task The_provider_fails()
    {
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        await using var house = await CouchHost.Start(NodeSettings.Of(vers).AsArguments());
        vers.Faults.Always(Call.Any, new Effect.Answer(500));
        await house.Anyone.Arrive();

        await FindsOnceSeen(house, "failing", "the VM provider vers fails: Vers failed to", "the provider's own status");
    }

    [Fact]
    public async Task Destroys_are_owed()
    {
        newest.Owes("""{"destroysOutstanding":7,"oldestDestroySeconds":720,"provisioningOverAMinute":0}""");

        await Finds("owed", "the VMs of 7 guests are not destroyed yet, the oldest for 12m", "VM provider");
    }

    [Fact]
    public async Task VMs_are_nobodys()
    {
        newest.Owes("""{"destroysOutstanding":0,"unclaimedVms":3,"provisioningOverAMinute":0}""");

        await Finds("owed", "3 VMs that are nobody's", "dedicated");
    }

    [Fact]
    public async Task A_webhook_is_parked()
    {
        newest.Answers("/couch/webhooks", 200, """
            {"webhooks":[{"id":"01JD9ZQ3V5B7C8D9E0F1G2H3J4","url":"https://example.com/x","state":"parked","deliveredId":1,"behind":12,
            "lastError":"it answered 500","createdAt":"2026-11-29T12:00:00.000Z"}],"count":1,"nextCursor":null}
            """);

        await Finds("webhook", "is parked, 12 events behind: it answered 500", "couch webhook resume 01JD9ZQ3V5B7C8D9E0F1G2H3J4");
    }

    [Fact]
    public async Task The_couch_fails_to_answer_requests()
    {
        newest.Answers("/couch/invites", 503, """{"error":"the couch cannot answer right now","detail":"Asking again is safe."}""");

        await Finds("requests", "cannot answer right now", "Asking again is safe.");
    }

    [Fact]
    public async Task A_trial_finds_that_no_redeem_succeeds_and_takes_its_invite_back()
    {
        newest.Answers("/couch/redeem", 409, """{"error":"invite is expired — cannot redeem","detail":"It cannot be redeemed."}""");

        await Finds("trial", "redeem: invite is expired", "It cannot be redeemed.", "--deep");

        Assert.Equal("revoked", (await noah.Runs("invite", "list", "--created-by", "couch-doctor")).Ok().Rows[0]["status"]);
    }

    [Fact]
    public async Task A_trial_whose_redeem_has_lost_its_answer_ends_the_guest()
    {
        newest.Answers("/couch/redeem", context => newest.PassOn(context, isAnswerLost: true));

        await Finds("trial", "redeem:", "log", "--deep");

        var rows = (await noah.Runs("guest", "list", "--name", "couch-doctor")).Ok().Rows;
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.Equal("revoked", row["status"]));
    }

    [Fact]
    public async Task The_couch_does_not_say_what_it_owes()
    {
        newest.Answers("/couch/summary", 500, """{"error":"internal error","detail":"It is logged."}""");

        await Finds("owed", "does not say what it owes: internal error", "It is logged.");
    }

    [Fact]
    public async Task A_scope_that_is_none_is_refused_and_one_that_cannot_be_tried_is_said()
    {
        (await noah.Runs("doctor", "--scopes", "guest")).Refuses(2, "'guest' is no scope");

        newest.Answers("/couch/webhooks", 405, "");
        var ran = (await noah.Runs("doctor", "--json", "--scopes", "guests,vms,webhooks")).Ok();
        Assert.Contains(ran.Lines, line => line.Contains("whether it has vms, webhooks cannot be tried", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_trial_finds_that_there_is_no_provider_and_takes_its_guest_back()
    {
        await Finds("trial", "this couch has no VM provider", "docs/vms.md", "--deep");

        Assert.All((await noah.Runs("guest", "list", "--name", "couch-doctor")).Ok().Rows, row => Assert.Equal("revoked", row["status"]));
    }

    [Fact]
    public async Task A_trial_goes_the_whole_way_and_leaves_nothing()
    {
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        await using var house = await CouchHost.Start(NodeSettings.Of(vers).AsArguments());

        var ran = (await noah.Runs("doctor", "--deep", "--json", "--url", house.Address.AbsoluteUri)).Ok();

        Assert.Contains(ran.Lines, line => line.Contains("VMs come from vers", StringComparison.Ordinal));
        Assert.Contains("nothing of it is left", ran.Lines[^1], StringComparison.Ordinal);
        Assert.Empty(vers.Vms.Left);
    }

    [Fact]
    public async Task A_trial_finds_that_the_provider_does_not_make_VMs()
    {
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        await using var house = await CouchHost.Start(NodeSettings.Of(vers).AsArguments());
        vers.Faults.Always(Call.Create, new Effect.Answer(500));

        await Finds("trial", "the guest", "VM provider", "--deep", "--timeout", "3s", "--url", house.Address.AbsoluteUri);
    }

    /// <summary>The couch has seen what is wrong with its provider, and the doctor names it.</summary>
    private async Task FindsOnceSeen(CouchHost house, string fault, string says, string mend)
    {
        await Until.True(async () => (string?)(await Trouble(house))?["fault"] == fault, Soon, $"its provider is {fault}");
        await Finds("provider", says, mend, "--url", house.Address.AbsoluteUri);
    }

    private static async Task<JsonNode?> Trouble(CouchHost house) => (await house.Anyone.Get("/couch/summary")).Is(200).Json["vmTrouble"];

    /// <summary>The doctor names one fault, with its mend, and does not say that all is well.</summary>
    private async Task Finds(string check, string says, string mend, params string[] flags)
    {
        var ran = (await noah.Runs(["doctor", "--json", .. flags])).Ends(1);

        var faults = ran.Lines.Select(line => JsonNode.Parse(line)!).Where(finding => (string)finding["state"]! == "fault").ToList();
        var fault = Assert.Single(faults, one => (string)one["check"]! == check);
        Assert.Contains(says, (string)fault["says"]!, StringComparison.Ordinal);
        Assert.Contains(mend, (string)fault["mend"]!, StringComparison.Ordinal);
    }
}
