using Couch.Cluster.Guests;
using Couch.Cluster.Invites;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Tests.Support;
using Orleans.Storage;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>What grains say when the database answers late, wrongly or not at all.</summary>
public abstract class StorageFaultTests(TestCouch couch)
{
    [Fact]
    public async Task A_write_whose_answer_got_lost_is_found_done()
    {
        var guest = await couch.AGuest();
        couch.Faults.LoseReplyOfWrite();
        Assert.IsType<EndOutcome.Ended>(await couch.Guest(guest.Id).Kill());
        Assert.Equal(GuestStatus.Revoked, (await couch.Row(guest.Id))!.Status);
    }

    [Fact]
    public async Task A_first_write_whose_answer_got_lost_is_found_done()
    {
        couch.Faults.LoseReplyOfWrite();
        var invite = await couch.AnInvite();
        Assert.Equal(invite, await couch.Row(invite.Id));
        Assert.IsType<RevokeOutcome.Revoked>(await couch.Invite(invite.Id).Revoke());
    }

    [Fact]
    public async Task A_write_that_did_not_get_through_changes_nothing_and_can_be_asked_again()
    {
        var guest = await couch.AGuest();
        couch.Faults.RefuseWrite();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => couch.Guest(guest.Id).Kill());
        Assert.Equal(GuestStatus.Provisioning, (await couch.Guest(guest.Id).Get())!.Status);
        Assert.IsType<EndOutcome.Ended>(await couch.Guest(guest.Id).Kill());
    }

    [Fact]
    public async Task Where_nobody_can_say_what_the_table_holds_the_grain_forgets_and_reads_again()
    {
        var guest = await couch.AGuest();
        couch.Faults.LoseReplyOfWrite();
        couch.Faults.RefuseRead();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => couch.Guest(guest.Id).Kill());
        Assert.Equal(GuestStatus.Revoked, (await couch.Guest(guest.Id).Get())!.Status);
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_an_error_and_not_an_unknown_guest()
    {
        var guest = await couch.AGuest();
        await couch.Forget(couch.Guest(guest.Id));
        couch.Faults.RefuseRead();
        await Assert.ThrowsAnyAsync<Exception>(() => couch.Guest(guest.Id).Get());
        Assert.Equal(guest, await couch.Guest(guest.Id).Get());
    }

    [Fact]
    public async Task Of_two_activations_of_one_invite_one_wins_and_nothing_is_doubled()
    {
        await using var other = await couch.StartCluster(silos: 1);
        var invite = await couch.AnInvite();
        var (here, there) = (couch.Invite(invite.Id), other.Client.GetGrain<IInviteGrain>(invite.Id.Value));
        Assert.Equal(await here.Get(), await there.Get());

        var won = Assert.IsType<RedeemOutcome.Redeemed>(await here.Redeem(Some.Redeem())).Invite;
        await Assert.ThrowsAsync<InconsistentStateException>(() => there.Redeem(Some.Redeem()));

        // The loser has forgotten what it knew: asked again, it reads the row and says the truth.
        await Until.True(
            async () => await there.Redeem(Some.Redeem()) == new RedeemOutcome.NotActive(InviteStatus.Redeemed),
            TimeSpan.FromSeconds(10), "the loser tells the truth");
        Assert.Equal(won, await couch.Row(invite.Id));
        Assert.Single((await couch.Listings.Guests(null, 1000, null, couch.Clock.GetUtcNow(), TestCouch.Cancel)).Rows,
            guest => guest.InviteId == invite.Id);
    }

    [Fact]
    public async Task Of_two_activations_that_both_create_one_row_one_wins()
    {
        await using var other = await couch.StartCluster(silos: 1);
        var guest = Some.Guest() with { ExpiresAt = couch.Clock.GetUtcNow().AddHours(1) };
        var (here, there) = (couch.Guest(guest.Id), other.Client.GetGrain<IGuestGrain>(guest.Id.Value));
        Assert.Null(await here.Get());
        Assert.Null(await there.Get());

        Assert.True(await here.Arrive(guest));
        await Assert.ThrowsAsync<InconsistentStateException>(() => there.Arrive(guest with { Name = "another" }));
        Assert.Equal(guest.Name, (await couch.Row(guest.Id))!.Name);
    }
}

public sealed class StorageFaultsOnSqlite(SqliteCouch couch) : StorageFaultTests(couch), IClassFixture<SqliteCouch>;

public sealed class StorageFaultsOnPostgres(PostgresCouch couch) : StorageFaultTests(couch), IClassFixture<PostgresCouch>;
