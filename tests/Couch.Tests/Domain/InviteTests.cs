using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Domain;

public sealed class InviteTests
{
    private static readonly DateTimeOffset Now = Some.Time;

    [Fact]
    public void An_invite_is_active_until_the_millisecond_it_expires()
    {
        var invite = Some.Invite(expiresInHours: 1);
        Assert.Equal(InviteStatus.Active, invite.AsOf(Now.AddHours(1).AddMilliseconds(-1)).Status);
        Assert.Equal(InviteStatus.Expired, invite.AsOf(Now.AddHours(1)).Status);
    }

    [Fact]
    public void A_redeemed_invite_holds_everything_its_guest_is_made_from()
    {
        var redeemed = Some.Redeemed(Some.Invite(), Now.AddHours(1));
        var guest = Guest.Arriving(redeemed);

        Assert.Equal(InviteStatus.Redeemed, redeemed.Status);
        Assert.Equal(Now.AddHours(1), redeemed.Redemption!.RedeemedAt);
        Assert.Equal(Now.AddHours(73), guest.ExpiresAt);
        Assert.Equal(GuestStatus.Provisioning, guest.Status);
        Assert.Equal(guest, Guest.Arriving(Some.Stored(redeemed)));
    }

    [Fact]
    public void A_second_redeem_is_refused() =>
        Assert.Equal(
            new RedeemOutcome.NotActive(InviteStatus.Redeemed),
            Some.Redeemed(Some.Invite(), Now).Redeem(Some.Redeem(), GuestId.New(Now, Some.Random), Now));

    [Fact]
    public void A_revoked_invite_cannot_be_redeemed()
    {
        var revoked = Assert.IsType<RevokeOutcome.Revoked>(Some.Invite().Revoke(Now)).Invite;
        Assert.Equal(new RedeemOutcome.NotActive(InviteStatus.Revoked), revoked.Redeem(Some.Redeem(), GuestId.New(Now, Some.Random), Now));
    }

    [Fact]
    public void A_revocation_repeated_under_its_key_gives_the_same_invite_for_a_day_and_under_another_key_or_none_is_refused()
    {
        var (key, other) = (Idempotency.Of(Actor.Configured, "delete", "key"), Idempotency.Of(Actor.Configured, "delete", "other"));
        var revoked = Assert.IsType<RevokeOutcome.Revoked>(Some.Invite().Revoke(Now, Actor.Configured, key)).Invite;

        Assert.Same(
            revoked, Assert.IsType<RevokeOutcome.Revoked>(revoked.Revoke(Now.AddHours(24).AddTicks(-1), Actor.Configured, key)).Invite);
        Assert.Equal(revoked, Assert.IsType<RevokeOutcome.Revoked>(Some.Stored(revoked).Revoke(Now, Actor.Configured, key)).Invite);
        foreach (var (again, at) in new[] { (key, Now.AddHours(24)), (other, Now), (null, Now) })
            Assert.Equal(new RevokeOutcome.NotActive(InviteStatus.Revoked), revoked.Revoke(at, Actor.Configured, again));
    }

    [Fact]
    public void A_host_keys_idempotency_keys_are_its_own()
    {
        var made = new Actor { KeyId = HostKeyId.New(Now, Some.Random), Name = "configured" };
        var hashes = new[] { made, Actor.Configured, Actor.Loopback }.Select(by => Idempotency.Of(by, "delete", "key").KeyHash);
        Assert.Distinct([.. hashes, Idempotency.Of(made, "invites", "key").KeyHash, Idempotency.Of("key").KeyHash]);
    }

    [Fact]
    public void An_overdue_invite_can_be_neither_redeemed_nor_revoked_whatever_is_written()
    {
        var late = Now.AddHours(24);
        Assert.Equal(
            new RedeemOutcome.NotActive(InviteStatus.Expired), Some.Invite().Redeem(Some.Redeem(), GuestId.New(late, Some.Random), late));
        Assert.Equal(new RevokeOutcome.NotActive(InviteStatus.Expired), Some.Invite().Revoke(late));
    }

    [Fact]
    public void The_same_key_and_body_redeem_once_and_answer_twice()
    {
        var redeemed = Some.Redeemed(Some.Invite(), Now, Some.Redeem("key"));
        var again = redeemed.Redeem(Some.Redeem("key"), GuestId.New(Now, Some.Random), Now.AddHours(23));
        Assert.Same(redeemed, Assert.IsType<RedeemOutcome.Redeemed>(again).Invite);
    }

    [Fact]
    public void The_same_key_with_another_body_is_refused() =>
        Assert.IsType<RedeemOutcome.KeyReused>(
            Some.Redeemed(Some.Invite(), Now, Some.Redeem("key")).Redeem(
                Some.Redeem("key", "guest-2"), GuestId.New(Now, Some.Random), Now));

    [Fact]
    public void A_key_is_forgotten_after_a_day_and_another_key_is_no_key() =>
        Assert.All(
            [("key", 24.0), ("other", 0.0)],
            again => Assert.Equal(
                new RedeemOutcome.NotActive(InviteStatus.Redeemed),
                Some.Redeemed(Some.Invite(), Now, Some.Redeem("key"))
                    .Redeem(Some.Redeem(again.Item1), GuestId.New(Now, Some.Random), Now.AddHours(again.Item2))));

    [Fact]
    public void Bodies_that_differ_only_in_where_a_field_ends_are_different()
    {
        Assert.NotEqual(Idempotency.Of("k", "ab", "c").BodyHash, Idempotency.Of("k", "a", "bc").BodyHash);
        Assert.NotEqual(Idempotency.Of("k", "a", null).BodyHash, Idempotency.Of("k", "a", "").BodyHash);
    }

    [Fact]
    public void A_row_reads_back_equal_to_what_was_written()
    {
        var odd = Some.Invite(expiresInHours: 0.1, limits: ResourceLimits.Default with { MaxCpuCores = 0.1 + 0.2, MaxMemoryMB = 1e300 });
        Assert.Equal(odd, Some.Stored(odd));
        var redeemed = Some.Redeemed(odd, Now.AddMilliseconds(7), Some.Redeem("key"));
        Assert.Equal(redeemed, Some.Stored(redeemed));
    }
}
