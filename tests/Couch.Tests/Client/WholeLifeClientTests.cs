using Couch.Client;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Client;

/// <summary>A host and a guest do everything that there is to do, by the client.</summary>
public sealed class WholeLifeClientTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private const string PublicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICYqT4jkJzE4WJ9PT+xGzmfJEjM7sQAtcY4jcCyg4Pkq";

    private readonly CouchClient client = Clients.Of(couch);

    [Fact]
    public async Task A_guest_is_invited_comes_uses_something_stays_longer_and_is_killed()
    {
        var invite = await client.Invites.Create(new()
        {
            CreatedBy = "noah",
            Label = "whole life",
            ResourceLimits = new() { MaxCpuCores = 0.5, MaxTokenBudget = 100, MaxDurationHours = 2 },
            Permissions = new() { CanAccessInternet = false },
            ExpiresInHours = 1.5,
            Enforcement = Enforcement.Report,
        });
        Assert.Equal((InviteStatus.Active, "noah", "whole life"), (invite.Status, invite.CreatedBy, invite.Label));
        Assert.Equal((0.5, 4096, 100), (
            invite.ResourceLimits.MaxCpuCores, invite.ResourceLimits.MaxMemoryMB, invite.ResourceLimits.MaxTokenBudget));
        Assert.False(invite.Permissions.CanAccessInternet);
        Assert.Equal((Enforcement.Report, "loopback"), (invite.Enforcement, invite.CreatedWith.Name));
        Assert.Equal(TimeSpan.FromHours(1.5), invite.ExpiresAt - invite.CreatedAt);

        Assert.Equal(InviteStatus.Active, (await client.Preview(invite.Code)).Status);
        var redeemed = await client.Redeem(invite.Code, "guest-1", PublicKey);
        Assert.StartsWith("guest_", redeemed.AuthToken.Reveal(), StringComparison.Ordinal);
        Assert.Equal(redeemed.GuestId, (await client.Invites.Get(invite.Id)).GuestId);

        var stay = client.Stay(redeemed.AuthToken);
        Assert.Equal((GuestStatus.Provisioning, null), ((await stay.Get()).Status, (await stay.Get()).AgentEndpoint));
        var waiting = stay.Get(wait: TimeSpan.FromSeconds(30));
        Assert.Equal(
            GuestStatus.Running, (await client.Guests.Activate(redeemed.GuestId, "v-1", "http://10.0.0.1:8080")).Status);
        Assert.Equal("http://10.0.0.1:8080", (await waiting).AgentEndpoint);

        var used = await client.Guests.ReportUsage(redeemed.GuestId, new() { TokensUsed = 200, CpuSeconds = 1.5 });
        Assert.Equal((200, 1.5, true), (used.ResourceUsage.TokensUsed, used.ResourceUsage.CpuSeconds, used.LimitsExceeded));
        Assert.Equal(["tokens: 200/100"], used.Violations);
        Assert.Equal(["tokens: 200/100"], (await client.Guests.GetReport(redeemed.GuestId)).Violations);

        var extended = await client.Guests.Extend(redeemed.GuestId, 1);
        Assert.Equal(TimeSpan.FromHours(3), extended.ExpiresAt - extended.CreatedAt);
        Assert.Equal(GuestStatus.Revoked, (await client.Guests.Kill(redeemed.GuestId)).Status);

        var guest = await client.Guests.Get(redeemed.GuestId);
        Assert.Equal((EndReason.Killed, "loopback", PublicKey), (guest.EndReason, guest.EndedWith?.Name, guest.PublicKey));
        Assert.Equal(
            [
                EventTypes.InviteCreated, EventTypes.InviteRedeemed, EventTypes.ProvisionFailed, EventTypes.GuestActivated,
                EventTypes.GuestLimitsExceeded, EventTypes.GuestExtended, EventTypes.GuestKilled,
            ],
            (await client.Guests.History(redeemed.GuestId)).Select(happened => happened.Type));
    }

    [Fact]
    public async Task A_guest_leaves()
    {
        var redeemed = await client.Redeem((await client.Invites.Create(new() { CreatedBy = "noah" })).Code, "leaves");

        var left = await client.Stay(redeemed.AuthToken).CheckOut();

        Assert.Equal((redeemed.GuestId, GuestStatus.Stopped, EndReason.CheckedOut), (left.Id, left.Status, left.EndReason));
        Assert.NotNull(left.StoppedAt);
    }

    [Fact]
    public async Task A_stay_is_watched_through_its_changes_to_its_end()
    {
        var redeemed = await client.Redeem((await client.Invites.Create(new() { CreatedBy = "noah" })).Code, "watched");
        await using var watch = client.Stay(redeemed.AuthToken).Watch().GetAsyncEnumerator();

        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(GuestStatus.Provisioning, watch.Current.Status);
        var next = watch.MoveNextAsync();
        await client.Guests.Activate(redeemed.GuestId, "v", "http://v");
        Assert.True(await next);
        Assert.Equal((GuestStatus.Running, "http://v"), (watch.Current.Status, watch.Current.AgentEndpoint));
        next = watch.MoveNextAsync();
        await client.Guests.Kill(redeemed.GuestId);
        var ended = await Assert.ThrowsAsync<CouchNotFoundException>(async () => await next);
        Assert.Equal((GuestStatus.Revoked, EndReason.Killed), (ended.GuestStatus, ended.EndReason));
    }

    [Fact]
    public async Task An_invite_is_revoked()
    {
        var invite = await client.Invites.Create(new() { CreatedBy = "noah" });

        Assert.Equal(InviteStatus.Revoked, (await client.Invites.Revoke(invite.Id)).Status);
    }

    [Fact]
    public async Task A_key_is_made_shown_listed_and_revoked()
    {
        var made = await client.Keys.Create(new() { Name = "meter", Scopes = [KeyScope.Meter, KeyScope.Events], ExpiresInHours = 1 });
        Assert.StartsWith("couch_", made.Key.Reveal(), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromHours(1), made.ExpiresAt - made.CreatedAt);

        Assert.Equal([KeyScope.Meter, KeyScope.Events], (await client.Keys.Get(made.Id)).Scopes);
        Assert.Contains(await client.Keys.List().ToList(), key => key.Id == made.Id);
        Assert.NotNull((await client.Keys.Revoke(made.Id)).RevokedAt);
        Assert.NotNull((await client.Keys.Revoke(made.Id)).RevokedAt);
    }

    [Fact]
    public async Task A_webhook_is_made_tried_out_resumed_and_deleted()
    {
        var made = await client.Webhooks.Create(
            new() { Url = "http://127.0.0.1:1/", Types = [EventTypes.AllOfGuests], Description = "mine" });
        Assert.StartsWith("whsec_", made.Secret.Reveal(), StringComparison.Ordinal);

        Assert.Equal((WebhookState.Active, "mine"), (
            (await client.Webhooks.Get(made.Id)).State, (await client.Webhooks.Get(made.Id)).Description));
        Assert.Contains(await client.Webhooks.List().ToList(), webhook => webhook.Id == made.Id);
        // The receiver is on a loopback address, where nothing is sent to.
        var tried = await client.Webhooks.Test(made.Id);
        Assert.False(tried.Delivered);
        Assert.NotNull(tried.Error);
        Assert.Equal(made.Id, (await client.Webhooks.Resume(made.Id)).Id);
        await client.Webhooks.Delete(made.Id);
        await Assert.ThrowsAsync<CouchNotFoundException>(() => client.Webhooks.Delete(made.Id));
    }

    [Fact]
    public async Task The_process_says_that_it_lives_and_is_ready()
    {
        Assert.Equal("ok", (await client.Health()).Status);
        Assert.Equal(("ready", "ok"), ((await client.Ready()).Status, (await client.Ready()).Database));
    }
}
