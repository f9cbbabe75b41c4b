using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>Letting one guest in, whatever else happens at that moment.</summary>
public abstract class RedeemTests(TestCouch couch)
{
    [Theory]
    [InlineData(32)]
    [InlineData(1000)]
    public async Task Of_any_number_of_concurrent_redeems_exactly_one_wins(int redeems)
    {
        var invite = await couch.AnInvite();
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, redeems).Select(i => couch.Invite(invite.Id).Redeem(Some.Redeem(name: $"guest-{i}"))));

        var winner = Assert.Single(outcomes.OfType<RedeemOutcome.Redeemed>()).Invite;
        Assert.All(outcomes.Except([new RedeemOutcome.Redeemed(winner)]),
            lost => Assert.Equal(new RedeemOutcome.NotActive(InviteStatus.Redeemed), lost));
        Assert.Equal(winner.Redemption!.GuestName, (await couch.Guest(winner.Redemption.GuestId).Get())!.Name);
    }

    [Fact]
    public async Task A_redeem_racing_a_revoke_has_one_winner_and_the_loser_is_told()
    {
        for (var i = 0; i < 20; i++)
        {
            var invite = await couch.AnInvite();
            var redeem = couch.Invite(invite.Id).Redeem(Some.Redeem());
            var revoke = couch.Invite(invite.Id).Revoke();
            await Task.WhenAll(redeem, revoke);

            if (await redeem is RedeemOutcome.Redeemed)
                Assert.Equal(new RevokeOutcome.NotActive(InviteStatus.Redeemed), await revoke);
            else
                Assert.Equal((new RedeemOutcome.NotActive(InviteStatus.Revoked), InviteStatus.Revoked),
                    (await redeem, ((RevokeOutcome.Revoked)await revoke).Invite.Status));
        }
    }

    [Fact]
    public async Task A_redeem_racing_expiry_has_one_winner_and_the_loser_is_told()
    {
        var invite = await couch.AnInvite(expiresInHours: 1.0 / 3600);
        var redeems = Enumerable.Range(0, 40).Select(_ => couch.Invite(invite.Id).Redeem(Some.Redeem())).ToList();
        couch.Clock.Advance(TimeSpan.FromSeconds(1));
        redeems.AddRange(Enumerable.Range(0, 40).Select(_ => couch.Invite(invite.Id).Redeem(Some.Redeem())));
        var outcomes = await Task.WhenAll(redeems);

        var row = (await couch.Row(invite.Id))!;
        if (outcomes.OfType<RedeemOutcome.Redeemed>().ToList() is [var won])
            Assert.Equal(row, won.Invite);
        else
            Assert.All(outcomes, lost => Assert.Equal(new RedeemOutcome.NotActive(InviteStatus.Expired), lost));
    }

    [Fact]
    public async Task A_redeem_answers_after_the_guest_is_durable()
    {
        var guest = await couch.AGuest();
        Assert.Equal(guest, await couch.Row(guest.Id));
    }

    [Fact]
    public async Task A_replay_brings_a_guest_that_a_crash_kept_away()
    {
        var invite = await couch.AnInvite();
        couch.Faults.CrashBeforeArrival();
        await Assert.ThrowsAsync<TimeoutException>(() => couch.Invite(invite.Id).Redeem(Some.Redeem("key")));

        var again = Assert.IsType<RedeemOutcome.Redeemed>(await couch.Invite(invite.Id).Redeem(Some.Redeem("key")));
        Assert.NotNull(await couch.Row(again.Invite.Redemption!.GuestId));
    }

    [Fact]
    public async Task Housekeeping_brings_a_guest_that_a_crash_kept_away()
    {
        var invite = await couch.AnInvite();
        couch.Faults.CrashBeforeArrival();
        await Assert.ThrowsAsync<TimeoutException>(() => couch.Invite(invite.Id).Redeem(Some.Redeem()));
        var guestId = (await couch.Row(invite.Id))!.Redemption!.GuestId;
        Assert.Null(await couch.Row(guestId));

        await couch.Housekeeping.Start();
        Assert.Equal(GuestStatus.Provisioning, (await couch.Row(guestId))!.Status);
    }

    [Fact]
    public async Task Housekeeping_comes_by_itself_within_a_minute()
    {
        await couch.Housekeeping.Start();
        var invite = await couch.AnInvite();
        couch.Faults.CrashBeforeArrival();
        await Assert.ThrowsAsync<TimeoutException>(() => couch.Invite(invite.Id).Redeem(Some.Redeem()));
        var guestId = (await couch.Row(invite.Id))!.Redemption!.GuestId;

        await couch.AdvanceUntil(TimeSpan.FromMinutes(1), async () => await couch.Row(guestId) is not null);
    }

    [Fact]
    public async Task Creating_twice_is_creating_once()
    {
        var command = Some.CreateInvite(couch.Clock.GetUtcNow());
        var first = await couch.Invite(command.Id).Create(command);
        await couch.Forget(couch.Invite(command.Id));
        Assert.Equal(first, await couch.Invite(command.Id).Create(command with { Label = "another" }));
    }
}

public sealed class RedeemOnSqlite(SqliteCouch couch) : RedeemTests(couch), IClassFixture<SqliteCouch>;

public sealed class RedeemOnPostgres(PostgresCouch couch) : RedeemTests(couch), IClassFixture<PostgresCouch>;
