using Couch.Cluster;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

public sealed class IdempotencyKeyTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private readonly Caller host = couch.Anyone;

    private Caller Keyed(string key) => couch.Anyone.Sending("Idempotency-Key", key);

    [Fact]
    public async Task The_same_key_and_body_make_the_same_invite_whatever_has_become_of_it()
    {
        var first = await Keyed("k1").Invite(new { createdBy = "noah", label = "x" });
        await host.Redeem(first);
        var again = await Keyed("k1").Invite(new { label = "x ", createdBy = "noah", ignored = true });

        Assert.Equal(first.Body, again.Body);
        Assert.NotEqual(first["id"], (await Keyed("k2").Invite(new { createdBy = "noah", label = "x" }))["id"]);
    }

    [Fact]
    public async Task The_same_key_with_another_invite_is_refused()
    {
        await Keyed("k3").Invite(new { createdBy = "noah" });

        (await Keyed("k3").Post("/couch/invites", new { createdBy = "noah", label = "other" })).Refuses(409, "idempotency key reused");
    }

    [Fact]
    public async Task Many_at_once_under_one_key_make_one_invite()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Keyed("k4").Invite(new { createdBy = "noah" })));

        Assert.Single(made.Select(invite => invite.Body).Distinct());
    }

    [Fact]
    public async Task A_repeated_redeem_gives_the_token_again()
    {
        var invite = await host.Invite();

        var first = (await Keyed("r1").Redeem(invite)).Is(201);
        await host.Post($"/couch/guests/{first["guestId"]}/activate", new { vmId = "vm", agentEndpoint = "x" });
        var again = (await Keyed("r1").Redeem(invite)).Is(201);

        Assert.Equal(first.Body, again.Body);
        (await Keyed("r1").Redeem(invite, "somebody else")).Refuses(409, "idempotency key reused");
        (await Keyed("r2").Redeem(invite)).Refuses(409, "invite is redeemed — cannot redeem");
    }

    [Fact]
    public async Task A_repeated_kill_or_revocation_gives_the_same_answer_and_another_key_or_none_is_told_that_it_is_over()
    {
        var guest = $"/couch/guests/{(await host.Arrive())["guestId"]}";
        var invite = $"/couch/invites/{(await host.Invite())["id"]}";
        foreach (var (path, over) in new[] { (guest, "guest already revoked"), (invite, "cannot revoke invite with status 'revoked'") })
        {
            var first = (await Keyed("d1").Delete(path)).Is(200);
            Assert.Equal(first.Body, (await Keyed("d1").Delete(path)).Is(200).Body);
            (await Keyed("d2").Delete(path)).Refuses(400, over);
            (await host.Delete(path)).Refuses(400, over);
        }
    }

    [Fact]
    public async Task A_refusal_is_not_remembered()
    {
        (await Keyed("k5").Post("/couch/invites", "{}")).Refuses(400);

        await Keyed("k5").Invite(new { createdBy = "noah" });
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("ключ")]
    public async Task A_key_is_visible_ASCII(string key)
    {
        (await Keyed(key).Post("/couch/invites", new { createdBy = "noah" })).Refuses(400);
        (await Keyed(key).Post("/couch/redeem", new { code = "inv_x", name = "guest-1" })).Refuses(400);
        (await Keyed(key).Delete("/couch/guests/x")).Refuses(400);
        (await Keyed(key).Delete("/couch/invites/x")).Refuses(400);
    }

    [Fact]
    public async Task A_key_has_at_most_255_characters()
    {
        await Keyed(new string('k', 255)).Invite();

        (await Keyed(new string('k', 256)).Post("/couch/invites", new { createdBy = "noah" })).Refuses(400);
    }
}
