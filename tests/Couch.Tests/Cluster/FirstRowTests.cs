using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>A row is made without asking first whether there is one; where there is, that one stands.</summary>
public abstract class FirstRowTests(TestCouch couch)
{
    [Fact]
    public async Task What_is_new_is_written_without_being_read()
    {
        couch.Faults.RefuseRead();
        var guest = await couch.AGuest();
        await couch.Forget(couch.Guest(guest.Id));
        // No read has come so far: the refused one is this.
        await Assert.ThrowsAnyAsync<Exception>(() => couch.Guest(guest.Id).Get());
        Assert.Equal(guest, await couch.Guest(guest.Id).Get());
    }

    [Fact]
    public async Task An_invite_that_is_created_again_is_the_first_one_in_memory_or_not()
    {
        var command = Some.CreateInvite(couch.Clock.Now(), expiresInHours: 0.05);
        var first = await couch.Invite(command.Id).Create(command);
        Assert.Equal(first, await couch.Invite(command.Id).Create(command with { Label = "another" }));

        await couch.Forget(couch.Invite(command.Id));
        Assert.Equal(first, await couch.Invite(command.Id).Create(command with { Label = "another", ExpiresInHours = 48 }));
        Assert.Equal(first, await couch.Row(command.Id));

        // Its reminder's moment is the first one's too.
        await couch.AdvanceUntil(TimeSpan.FromMinutes(5), async () => (await couch.Row(command.Id))!.Status is InviteStatus.Expired);
    }

    [Fact]
    public async Task A_guest_that_arrives_again_is_the_first_one_in_memory_or_not()
    {
        var arriving = Some.Guest() with { ExpiresAt = couch.Clock.GetUtcNow().AddMinutes(3) };
        Assert.True(await couch.Guest(arriving.Id).Arrive(arriving));
        var first = await couch.Row(arriving.Id);
        Assert.False(await couch.Guest(arriving.Id).Arrive(arriving with { Name = "another" }));

        await couch.Forget(couch.Guest(arriving.Id));
        Assert.False(
            await couch.Guest(arriving.Id).Arrive(arriving with { Name = "another", ExpiresAt = couch.Clock.GetUtcNow().AddHours(48) }));
        Assert.Equal(first, await couch.Row(arriving.Id));
        Assert.Equal(first, await couch.Guest(arriving.Id).Get());

        await couch.AdvanceUntil(TimeSpan.FromMinutes(5), async () => (await couch.Row(arriving.Id))!.Status is GuestStatus.Expired);
    }

    [Fact]
    public async Task A_guest_is_the_same_by_what_its_invite_decided_and_by_a_state_that_its_invite_made()
    {
        var invite = Some.Redeemed(Some.Invite(couch.Clock.Now()), couch.Clock.Now());
        var guest = couch.Guest(invite.Redemption!.GuestId);
        Assert.True(await guest.Admit(Admission.Of(invite)));
        Assert.False(await guest.Arrive(Guest.Arriving(invite)));
        Assert.Equal(Guest.Arriving(invite), await guest.Get());
        Assert.False(await guest.Admit(Admission.Of(invite) with { GuestName = "another" }));
        Assert.Equal(Guest.Arriving(invite), await guest.Get());
    }

    [Fact]
    public async Task A_guest_that_ended_does_not_come_back_by_arriving_again()
    {
        var guest = await couch.AGuest();
        await couch.Guest(guest.Id).Kill();
        await couch.Forget(couch.Guest(guest.Id));
        Assert.False(await couch.Guest(guest.Id).Arrive(guest));
        Assert.Equal(GuestStatus.Revoked, (await couch.Guest(guest.Id).Get())!.Status);
        Assert.IsType<EndOutcome.AlreadyEnded>(await couch.Guest(guest.Id).Kill());
    }

    [Fact]
    public async Task A_first_row_that_did_not_get_through_can_be_made_at_the_next_call()
    {
        var command = Some.CreateInvite(couch.Clock.Now());
        couch.Faults.RefuseWrite();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => couch.Invite(command.Id).Create(command));
        Assert.Null(await couch.Row(command.Id));
        Assert.Equal(await couch.Invite(command.Id).Create(command), await couch.Row(command.Id));
    }
}

public sealed class FirstRowsOnSqlite(SqliteCouch couch) : FirstRowTests(couch), IClassFixture<SqliteCouch>;

public sealed class FirstRowsOnPostgres(PostgresCouch couch) : FirstRowTests(couch), IClassFixture<PostgresCouch>;
