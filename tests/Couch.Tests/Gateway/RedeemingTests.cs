using System.Text;
using Couch.Cluster;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

public sealed class RedeemingTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICYqT4jkJzE4WJ9PT+xGzmfJEjM7sQAtcY4jcCyg4Pkq";

    private readonly Caller host = couch.Anyone;

    [Fact]
    public async Task A_guest_is_welcomed_with_its_token()
    {
        var invite = await host.Invite(new { createdBy = "noah", resourceLimits = new { maxDurationHours = 2 } });
        var guest = (await couch.Anyone.Post("/couch/redeem",
            new { inviteCode = invite["code"], name = " guest-1 ", publicKey = Key + " me@home" })).Is(201);

        Assert.Equal(["agentEndpoint", "authToken", "expiresAt", "guestId", "permissions", "resourceLimits", "status"], guest.Fields);
        Assert.Equal("provisioning", guest["status"]);
        Assert.Null(guest["agentEndpoint"]);
        Assert.Equal(invite.Json["resourceLimits"]!.ToJsonString(), guest.Json["resourceLimits"]!.ToJsonString());
        Assert.Equal("no-store", guest.Header("Cache-Control"));
        Assert.Equal(Key + " me@home", (await host.Get($"/couch/guests/{guest["guestId"]}"))["publicKey"]);
    }

    [Fact]
    public async Task A_code_lets_one_guest_in()
    {
        var invite = await host.Invite();
        (await host.Redeem(invite)).Is(201);

        (await host.Redeem(invite, "guest-2")).Refuses(409, "invite is redeemed — cannot redeem");
    }

    [Fact]
    public async Task Blanks_around_a_code_are_no_part_of_it() =>
        (await host.Post("/couch/redeem", new { code = $"  {(await host.Invite())["code"]}\u00a0", name = "guest-1" })).Is(201);

    [Fact]
    public async Task A_revoked_or_overdue_invite_lets_nobody_in()
    {
        var revoked = await host.Invite();
        await host.Delete($"/couch/invites/{revoked["id"]}");
        var overdue = await host.OverdueInvite();

        (await host.Redeem(revoked)).Refuses(409, "invite is revoked — cannot redeem");
        (await host.Redeem(overdue)).Refuses(409, "invite is expired — cannot redeem");
    }

    [Fact]
    public async Task A_refused_redeem_spends_nothing()
    {
        var invite = await host.Invite();
        var code = invite["code"];

        (await host.Post("/couch/redeem", new { code })).Refuses(400, "name is required");
        (await host.Post("/couch/redeem", new { name = "guest-1" })).Refuses(400, "code is required");
        (await host.Post("/couch/redeem", new { code, name = "a\tb" })).Refuses(400, "name must not contain control characters");
        (await host.Post("/couch/redeem", new { code = Visits.Forged(code!), name = "guest-1" })).Refuses(404, "invite not found");
        (await host.Post("/couch/redeem", new { code = "inv_nonsense", name = "guest-1" })).Refuses(404, "invite not found");

        (await host.Redeem(invite)).Is(201);
    }

    [Theory]
    [InlineData("ssh-ed25519")]
    [InlineData("ssh-ed25519 ????")]
    [InlineData("ssh-ed25519 AAAA")]
    [InlineData("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAICYqT4jkJzE4WJ9PT+xGzmfJEjM7sQAtcY4jcCyg4Pkq")]
    [InlineData("no-pty " + Key)]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----")]
    public async Task Whatever_is_not_one_public_key_is_refused(string publicKey)
    {
        var refused = await host.Post("/couch/redeem", new { code = "inv_x", name = "guest-1", publicKey });

        Assert.StartsWith("publicKey must be one OpenSSH public key", refused.Refuses(400)["error"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ssh-ed25519", new int[0], false)]
    [InlineData("ssh-ed25519", new[] { 0 }, false)]
    [InlineData("ssh-ed25519", new[] { 31 }, false)]
    [InlineData("ssh-ed25519", new[] { 33 }, false)]
    [InlineData("ssh-ed25519", new[] { 32, 32 }, false)]
    [InlineData("ssh-ed25519", new[] { 32 }, true)]
    [InlineData("ssh-rsa", new[] { 3 }, false)]
    [InlineData("ssh-rsa", new[] { 3, 0 }, false)]
    [InlineData("ssh-rsa", new[] { 3, 257 }, true)]
    [InlineData("ecdsa-sha2-nistp256", new[] { 8, 65 }, true)]
    [InlineData("sk-ssh-ed25519@openssh.com", new[] { 32, 4 }, true)]
    [InlineData("sk-ecdsa-sha2-nistp256@openssh.com", new[] { 8, 65, 4 }, true)]
    public async Task A_public_key_has_all_its_fields_and_nothing_behind_them(string algorithm, int[] lengths, bool isOne)
    {
        IEnumerable<byte> Field(byte[] content) => [0, 0, (byte)(content.Length >> 8), (byte)content.Length, .. content];
        byte[] blob =
        [
            .. Field(Encoding.ASCII.GetBytes(algorithm)),
            .. lengths.SelectMany(length => Field([.. Enumerable.Repeat((byte)7, length)])),
        ];
        async Task Gives(byte[] key, int status)
        {
            var publicKey = $"{algorithm} {Convert.ToBase64String(key)}";
            (await host.Post("/couch/redeem", new { code = "inv_x", name = "guest-1", publicKey })).Is(status);
        }

        // The code is nobody's, which is looked at after the key.
        await Gives(blob, isOne ? 404 : 400);
        await Gives([.. blob, 0], 400);
        await Gives(blob[..^1], 400);
    }

    [Fact]
    public async Task Two_public_keys_are_not_one() =>
        (await host.Post("/couch/redeem", new { code = "inv_x", name = "guest-1", publicKey = $"{Key}\n{Key}" }))
            .Refuses(400, "publicKey must not contain control characters");
}
