using Couch.Cluster;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

public sealed class InvitingTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private readonly Caller host = couch.Anyone;

    [Fact]
    public async Task An_invite_says_everything_and_fills_in_what_was_not_said()
    {
        var invite = await host.Invite(new { createdBy = "  noah " });

        Assert.Equal(
            ["code", "createdAt", "createdBy", "createdWith", "enforcement", "expiresAt", "id", "label", "permissions",
             "resourceLimits", "revokedWith", "status"],
            invite.Fields);
        Assert.Equal("noah", invite["createdBy"]);
        Assert.Equal("", invite["label"]);
        Assert.Equal("active", invite["status"]);
        Assert.Equal("stop", invite["enforcement"]);
        Assert.Equal(
            """{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000}""",
            invite.Json["resourceLimits"]!.ToJsonString());
        Assert.Equal(
            """{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false}""",
            invite.Json["permissions"]!.ToJsonString());
        Assert.Equal($"/couch/invites/{invite["id"]}", invite.Header("Location"));
        Assert.Equal("no-store", invite.Header("Cache-Control"));
    }

    [Fact]
    public async Task What_was_said_stands_beside_the_defaults_and_null_is_as_good_as_nothing()
    {
        var invite = await host.Invite("""
            {"createdBy":"noah","label":null,"expiresInHours":null,"enforcement":"report","unknown":[1],
             "resourceLimits":{"maxCpuCores":0.5,"maxMemoryMB":null,"maxTokenBudget":100.0,"maxNetworkEgressGB":0},
             "permissions":{"canSpawnSubAgents":true}}
            """);

        Assert.Equal("report", invite["enforcement"]);
        Assert.Equal(
            """{"maxCpuCores":0.5,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":0,"maxDurationHours":72,"maxTokenBudget":100}""",
            invite.Json["resourceLimits"]!.ToJsonString());
        Assert.True((bool)invite.Json["permissions"]!["canSpawnSubAgents"]!);
        Assert.True((bool)invite.Json["permissions"]!["canAccessInternet"]!);
    }

    [Fact]
    public async Task Limits_and_permissions_may_be_null_as_a_whole()
    {
        var invite = await host.Invite("""{"createdBy":"noah","resourceLimits":null,"permissions":null}""");

        Assert.Equal(2, (double)invite.Json["resourceLimits"]!["maxCpuCores"]!);
    }

    [Fact]
    public async Task Times_have_three_fraction_digits_and_end_in_Z()
    {
        var invite = await host.Invite();

        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", invite["createdAt"]);
        Assert.Equal(DateTimeOffset.Parse(invite["createdAt"]!, null).AddHours(24), DateTimeOffset.Parse(invite["expiresAt"]!, null));
    }

    [Fact]
    public async Task A_time_shorter_than_a_second_is_a_second_wherever_hours_are_said()
    {
        const double Second = 1 / 3600.0;
        var invite = await host.Invite(
            new { createdBy = "noah", expiresInHours = 1e-9, resourceLimits = new { maxDurationHours = 1e-300 } });
        Assert.Equal(Second, Time(invite, "expiresAt").Subtract(Time(invite, "createdAt")).TotalHours, 1e-12);
        Assert.Equal(Second, (double)invite.Json["resourceLimits"]!["maxDurationHours"]!);

        var guest = "/couch/guests/"
            + $"{(await host.Arrive(new { createdBy = "noah", resourceLimits = new { maxDurationHours = 1 } }))["guestId"]}";
        var extended = (await host.Post($"{guest}/extend", new { hours = 5e-324 })).Is(200);
        Assert.Equal(1 + Second, Time(extended, "expiresAt").Subtract(Time(extended, "createdAt")).TotalHours, 1e-12);
        Assert.Equal(1 + Second, (double)extended.Json["resourceLimits"]!["maxDurationHours"]!);

        var key = (await host.Post("/couch/keys", new { name = "short", scopes = new[] { "meter" }, expiresInHours = 1e-9 })).Is(201);
        Assert.Equal(Second, Time(key, "expiresAt").Subtract(Time(key, "createdAt")).TotalHours, 1e-12);

        static DateTimeOffset Time(Answer answer, string field) => DateTimeOffset.Parse(answer[field]!, null);
    }

    [Fact]
    public async Task A_redeemed_invite_names_its_guest()
    {
        var invite = await host.Invite();
        var guest = await host.Redeem(invite);

        var redeemed = (await host.Get($"/couch/invites/{invite["id"]}")).Is(200);
        Assert.Equal("redeemed", redeemed["status"]);
        Assert.Equal("guest-1", redeemed["redeemedBy"]);
        Assert.Equal(guest["guestId"], redeemed["guestId"]);
        Assert.NotNull(redeemed["redeemedAt"]);
        Assert.Equal(invite["code"], redeemed["code"]);
    }

    [Fact]
    public async Task An_invite_is_taken_back_once()
    {
        var path = $"/couch/invites/{(await host.Invite())["id"]}";

        Assert.Equal("revoked", (await host.Delete(path)).Is(200)["status"]);
        (await host.Delete(path)).Refuses(400, "cannot revoke invite with status 'revoked'");
    }

    [Fact]
    public async Task A_spent_or_overdue_invite_cannot_be_taken_back()
    {
        var spent = await host.Invite();
        await host.Redeem(spent);
        var overdue = await host.OverdueInvite();

        (await host.Delete($"/couch/invites/{spent["id"]}")).Refuses(400, "cannot revoke invite with status 'redeemed'");
        (await host.Delete($"/couch/invites/{overdue["id"]}")).Refuses(400, "cannot revoke invite with status 'expired'");
    }

    [Theory]
    [InlineData("01M856TMTR357368QFX5X4BGR0")]
    [InlineData("7ZZZZZZZZZZZZZZZZZZZZZZZZZ")]
    [InlineData("01m856tmtr357368qfx5x4bgr0")]
    [InlineData("nonsense")]
    public async Task An_id_that_is_nobodys_is_not_found(string id)
    {
        (await host.Get($"/couch/invites/{id}")).Refuses(404, "invite not found");
        (await host.Delete($"/couch/invites/{id}")).Refuses(404, "invite not found");
    }

    [Fact]
    public async Task A_preview_shows_the_offer_and_spends_nothing()
    {
        var invite = await host.Invite(new { createdBy = "noah", label = "for you" });

        var preview = (await couch.Anyone.Get($"/couch/invites/preview?code={invite["code"]}")).Is(200);
        Assert.Equal(["expiresAt", "label", "permissions", "resourceLimits", "status"], preview.Fields);
        Assert.Equal("for you", preview["label"]);
        Assert.Equal("active", preview["status"]);

        (await host.Redeem(invite)).Is(201);
        Assert.Equal("redeemed", (await couch.Anyone.Get($"/couch/invites/preview?code={invite["code"]}"))["status"]);
    }

    [Fact]
    public async Task A_preview_asks_for_one_genuine_code()
    {
        var code = (await host.Invite())["code"]!;

        (await couch.Anyone.Get("/couch/invites/preview")).Refuses(400, "code is required");
        (await couch.Anyone.Get("/couch/invites/preview?code=")).Refuses(400, "code is required");
        (await couch.Anyone.Get($"/couch/invites/preview?code=%20{code}%20")).Is(200);
        (await couch.Anyone.Get($"/couch/invites/preview?code={code}&code={code}")).Refuses(400, "code must be given once");
        (await couch.Anyone.Get($"/couch/invites/preview?code={Visits.Forged(code)}")).Refuses(404, "invite not found");
        (await couch.Anyone.Get($"/couch/invites/preview?code={new string('x', 513)}")).Refuses(400, "code must be at most 512 characters");
        (await couch.Anyone.Get("/couch/invites/preview?code=inv_%00")).Refuses(400, "code must not contain control characters");
    }
}
