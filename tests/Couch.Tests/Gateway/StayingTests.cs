using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

public sealed class StayingTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private const string Invalid = "invalid or expired token";

    private readonly Caller host = couch.Anyone;

    [Fact]
    public async Task A_guest_sees_its_own_stay()
    {
        var guest = await host.Arrive();

        var stay = (await couch.Anyone.Get($"/couch/status?token={guest["authToken"]}")).Is(200);
        Assert.Equal(
            ["agentEndpoint", "expiresAt", "guestId", "name", "permissions", "resourceLimits", "resourceUsage", "status", "vmId"],
            stay.Fields);
        Assert.Equal(guest["guestId"], stay["guestId"]);
        Assert.Equal(guest["expiresAt"], stay["expiresAt"]);
        Assert.Equal(
            """{"cpuSeconds":0,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":0,"uptimeSeconds":0}""",
            stay.Json["resourceUsage"]!.ToJsonString());
        Assert.Equal("no-store", stay.Header("Cache-Control"));
    }

    [Fact]
    public async Task A_token_is_taken_as_bearer_too_and_the_query_wins()
    {
        var (one, other) = (await host.Arrive(), await host.Arrive());

        Assert.Equal(one["guestId"], (await couch.With(one["authToken"]!).Get("/couch/status")).Is(200)["guestId"]);
        Assert.Equal(
            other["guestId"], (await couch.With(one["authToken"]!).Get($"/couch/status?token={other["authToken"]}")).Is(200)["guestId"]);
        (await couch.With(one["authToken"]!).Get("/couch/status?token=nonsense")).Refuses(404, Invalid);
    }

    [Fact]
    public async Task No_token_is_a_bad_request_and_a_wrong_one_is_nobodys()
    {
        var guest = await host.Arrive();

        (await couch.Anyone.Get("/couch/status")).Refuses(400, "token is required");
        (await couch.With("somebody-elses").Get("/couch/status")).Refuses(400, "token is required");
        (await couch.Anyone.Get($"/couch/status?token={Visits.Forged(guest["authToken"]!)}")).Refuses(404, Invalid);
        (await couch.With("guest_x").Get("/couch/status")).Refuses(404, Invalid);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_in_a_query_or_a_body_is_read_as_every_text_is(bool byQuery)
    {
        var token = (await host.Arrive())["authToken"]!;
        Task<Answer> Show(string sent) => byQuery
            ? couch.Anyone.Get($"/couch/status?token={Uri.EscapeDataString(sent)}")
            : couch.Anyone.Post("/couch/checkout", new { token = sent });

        (await Show(token + "\n")).Refuses(400, "token must not contain control characters");
        (await Show(token[..10] + "\0" + token[10..])).Refuses(400, "token must not contain control characters");
        (await Show(new string('x', 513))).Refuses(400, "token must be at most 512 characters");
        (await Show(" ")).Refuses(400, "token is required");
        (await Show($"\u00a0{token} ")).Is(200);
    }

    [Fact]
    public async Task Whoever_has_been_killed_is_told_so_by_its_own_token_alone()
    {
        var guest = await host.Arrive();
        await host.Delete($"/couch/guests/{guest["guestId"]}");

        var ended = (await couch.Anyone.Get($"/couch/status?token={guest["authToken"]}")).Refuses(404, Invalid);
        Assert.Equal("revoked", ended["guestStatus"]);
        Assert.Equal("killed", ended["endReason"]);

        var forged = (await couch.Anyone.Get($"/couch/status?token={Visits.Forged(guest["authToken"]!)}")).Refuses(404, Invalid);
        Assert.DoesNotContain("endReason", forged.Fields);
    }

    [Fact]
    public async Task Time_that_is_up_is_told_as_the_reason()
    {
        var guest = await host.Arrive(new { createdBy = "noah", resourceLimits = new { maxDurationHours = 1e-9 } });

        var stay = couch.With(guest["authToken"]!);
        await Until.True(async () => (await stay.Get("/couch/status")).Status is 404, TimeSpan.FromSeconds(15), "its second is over");
        Assert.Equal("expired", (await stay.Get("/couch/status")).Refuses(404, Invalid)["endReason"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_guest_leaves_once(bool byBearer)
    {
        var guest = await host.Arrive();
        Task<Answer> Leave() => byBearer
            ? couch.With(guest["authToken"]!).Post("/couch/checkout")
            : couch.Anyone.Post("/couch/checkout", new { token = guest["authToken"] });

        var left = (await Leave()).Is(200);
        Assert.Equal(["endReason", "id", "status", "stoppedAt"], left.Fields);
        Assert.Equal("stopped", left["status"]);
        Assert.Equal("checked-out", left["endReason"]);

        Assert.Equal("checked-out", (await Leave()).Refuses(404, Invalid)["endReason"]);
    }

    [Fact]
    public async Task Leaving_asks_for_a_genuine_token()
    {
        (await couch.Anyone.Post("/couch/checkout")).Refuses(400, "token is required");
        (await couch.Anyone.Post("/couch/checkout", "{}")).Refuses(400, "token is required");
        (await couch.Anyone.Post("/couch/checkout", new { token = "guest_x" })).Refuses(404, Invalid);
        (await couch.Anyone.Post("/couch/checkout", new { token = 5 })).Refuses(400);
    }
}
