using System.Diagnostics;
using Couch.Cluster;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Roles;

/// <summary>A gateway before silos, each in a process of its own: together the whole couch, and each half less than that.</summary>
public sealed class RolesTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_stay_goes_its_whole_way_through_a_gateway_that_holds_no_provider_key()
    {
        await using var couch = await SplitCouch.Start();
        await couch.AddSilo();
        await couch.AddSilo();
        var (anyone, host) = (couch.Anyone, couch.Host);

        var asking = host.Sending("Idempotency-Key", "once");
        var invite = await asking.Invite();
        Assert.Equal(invite["code"], (await asking.Invite())["code"]);
        (await anyone.Get($"/couch/invites/preview?code={invite["code"]}")).Is(200);
        (await anyone.Get($"/couch/invites/preview?code={Visits.Forged(invite["code"]!)}")).Refuses(404, "invite not found");
        (await anyone.Post("/couch/invites/preview", new { code = invite["code"] })).Is(200);
        Assert.Contains("/couch/redeem", (await anyone.Get("/join")).Is(200).Body, StringComparison.Ordinal);
        var stay = (await anyone.Redeem(invite)).Is(201);
        (await anyone.Redeem(invite)).Refuses(409, "invite is redeemed — cannot redeem");

        var guest = couch.Holding(stay["authToken"]!);
        await Until.True(
            async () => (await guest.Get("/couch/status?wait=20"))["status"] is "running", Soon, "the guest runs in a VM that a silo made");
        var path = $"/couch/guests/{stay["guestId"]}";
        (await host.Put($"{path}/usage", new { tokensUsed = 7 })).Is(200);
        (await host.Post($"{path}/extend", new { hours = 1 })).Is(200);
        Assert.Equal(1, (int)(await host.Get("/couch/guests?status=running")).Is(200).Json["count"]!);

        var meter = (await host.Post("/couch/keys", new { name = "meter", scopes = new[] { "meter" } })).Is(201);
        (await couch.Holding(meter["key"]!).Put($"{path}/usage", new { tokensUsed = 8 })).Is(200);
        (await couch.Holding(meter["key"]!).Delete(path)).Refuses(403);
        Assert.Contains(
            "http_server_request_duration", (await couch.Holding(meter["key"]!).Get("/metrics")).Is(200).Body, StringComparison.Ordinal);

        var seen = (await guest.Get("/couch/status")).Is(200).Header("ETag");
        var waiting = guest.Sending("If-None-Match", seen).Get("/couch/status?wait=30");
        (await host.Delete(path)).Is(200);
        (await waiting).Refuses(404, "invalid or expired token");
        await Until.True(async () => (await host.Get(path)).Json["vm"]!["destroyedAt"] is not null, Soon, "the receipt");
        Assert.Empty(couch.Vers.Vms.Left);
        Assert.Empty(couch.Bugs);
    }

    [Fact]
    public async Task A_silo_tells_its_health_and_its_metrics_and_answers_no_protocol_path()
    {
        await using var couch = await SplitCouch.Start();
        var process = await couch.AddSilo();
        var silo = SplitCouch.At(process);
        var stay = await couch.Host.Arrive();

        foreach (var path in new[] { "/couch/invites", "/couch/guests", $"/couch/guests/{stay["guestId"]}", "/couch/keys",
            $"/couch/status?token={stay["authToken"]}", "/openapi/v1.json", "/" })
            (await silo.Get(path)).Refuses(404, "not found");
        (await silo.Post("/couch/invites", new { createdBy = "noah" })).Refuses(404, "not found");
        (await silo.Get("/health")).Is(200);
        Assert.Equal("active", (await silo.Get("/health/ready")).Is(200)["silo"]);
        Assert.Contains("couch_invite_redeemed_total", (await silo.Get("/metrics")).Is(200).Body, StringComparison.Ordinal);
        (await process.Anyone.Get("/metrics")).Refuses(401);
    }

    [Fact]
    public async Task A_gateway_without_silos_lives_says_why_it_is_not_ready_and_recovers_by_itself()
    {
        await using var couch = await SplitCouch.Start();
        void TellsThatNobodyIsThere(Answer answer)
        {
            answer.Refuses(503);
            Assert.NotEmpty(answer.Header("Retry-After"));
        }

        (await couch.Anyone.Get("/health")).Is(200);
        (await couch.Anyone.Get("/couch/invites")).Refuses(401);
        TellsThatNobodyIsThere(await couch.Host.Post("/couch/invites", new { createdBy = "noah" }));
        TellsThatNobodyIsThere(await couch.Host.Get("/couch/guests"));
        TellsThatNobodyIsThere(await couch.Anyone.Get("/health/ready"));
        await Until.True(async () => (await couch.Anyone.Get("/health/ready"))["detail"]!.Contains("cannot be looked up",
            StringComparison.Ordinal), Soon, "it says why");

        var silo = await couch.AddSilo();
        var invite = await couch.Host.Invite();
        await silo.KillHard();
        await Until.True(async () => (await couch.Anyone.Get("/health/ready")).Status == 503, Soon, "it notices");
        TellsThatNobodyIsThere(await couch.Host.Get($"/couch/invites/{invite["id"]}"));
        (await couch.Host.Get("/couch/invites")).Is(200);

        await couch.AddSilo();
        await Until.True(async () => (await couch.Anyone.Redeem(invite)).Status == 201, Soon, "the same invite is redeemed");
        Assert.Empty(couch.Bugs);
    }

    [Fact]
    public async Task A_silo_killed_under_a_gateway_costs_503s_until_the_others_have_its_grains()
    {
        await using var couch = await SplitCouch.Start();
        var first = await couch.AddSilo();
        await couch.AddSilo();
        var stays = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => couch.Host.Arrive()));
        await first.KillHard();

        foreach (var stay in stays)
        {
            await Until.True(
                async () =>
                {
                    var answer = await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}");
                    if (answer.Status != 200)
                        answer.Refuses(503);
                    return answer.Status == 200;
                },
                Soon, "the guest is found again");
        }

        await Until.True(async () => (await couch.Host.Post("/couch/invites", new { createdBy = "noah" })).Status == 201, Soon,
            "a new grain finds its place");
        Assert.Empty(couch.Bugs);
    }

    [Fact]
    public async Task A_redeem_is_one_trace_from_the_gateway_through_a_silo_to_the_provider()
    {
        await using var collector = await Collector.Start();
        await using var couch = await SplitCouch.Start(collector);
        await couch.AddSilo();
        var invite = await couch.Host.Invite();
        var trace = ActivityTraceId.CreateRandom();
        (await couch.Anyone.Sending("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01").Redeem(invite)).Is(201);

        foreach (var span in new[] { "POST /couch/redeem", "IInviteGrain/Redeem", "IGuestGrain/Arrive", "vm ensure" })
            await Until.True(() => Task.FromResult(collector.HasSpan(trace, span)), Soon, $"the span {span}");
    }

    [Fact]
    public async Task A_silos_sick_database_is_the_gateways_503()
    {
        await using var couch = await SplitCouch.Start();
        await using var proxy = TcpProxy.Before(couch.Database, out var through);
        await couch.AddSilo(through);
        var invite = await couch.Host.Invite();
        proxy.GoDead();

        (await couch.Host.Post("/couch/invites", new { createdBy = "noah" })).Refuses(503);
        (await couch.Anyone.Redeem(invite)).Refuses(503);
        (await couch.Host.Get("/couch/invites")).Is(200);
        proxy.Heal();
        await Until.True(async () => (await couch.Anyone.Redeem(invite)).Status == 201, Soon, "the same invite is redeemed");
        Assert.Empty(couch.Bugs);
    }
}
