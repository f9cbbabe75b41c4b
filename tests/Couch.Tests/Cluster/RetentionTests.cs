using Couch.Cluster.Housekeeping;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>A couch that keeps what has ended for three days.</summary>
public abstract class RetentionTests(TestCouch couch)
{
    [Fact]
    public async Task What_has_ended_is_gone_after_its_days_and_not_before()
    {
        var (pastInvite, past) = await AStay(TimeSpan.FromDays(3.1));
        var (recentInvite, recent) = await AStay(TimeSpan.FromDays(2.9));
        await couch.Housekeeping.Sweep();

        Assert.Equal((null, null), (await couch.Row(past.Id), await couch.Row(pastInvite.Id)));
        Assert.Equal((recent, recentInvite), (await couch.Row(recent.Id), await couch.Row(recentInvite.Id)));
        Assert.Null(await couch.Guest(past.Id).Get());
        Assert.IsType<EndOutcome.Unknown>(await couch.Guest(past.Id).Kill());
        Assert.IsType<RedeemOutcome.Unknown>(await couch.Invite(pastInvite.Id).Redeem(Some.Redeem()));
        Assert.DoesNotContain(
            (await couch.Listings.Guests(null, 100, past.Id, couch.Clock.Now(), TestCouch.Cancel)).Rows, guest => guest.Id == past.Id);
    }

    [Fact]
    public async Task A_guest_in_memory_does_not_come_back_with_what_it_held()
    {
        var (invite, guest) = await AStay(TimeSpan.FromDays(4));
        Assert.NotNull(await couch.Invite(invite.Id).Get());
        await couch.Guest(guest.Id).Report(new() { TokensUsed = 9 });
        await couch.Housekeeping.Sweep();
        couch.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.IsType<UsageOutcome.Unknown>(await couch.Guest(guest.Id).Report(new() { TokensUsed = 10 }));
        Assert.Equal(0, (await couch.Housekeeping.Sweep()).Arrived);
        Assert.Equal((null, null), (await couch.Row(guest.Id), await couch.Row(invite.Id)));
    }

    [Fact]
    public async Task A_guest_whose_vm_has_no_receipt_is_kept_and_its_invite_with_it()
    {
        var (invite, guest) = await AStay(
            TimeSpan.FromDays(4), guest => guest with { Vm = new() { Host = "vers", State = VmState.Destroying, Id = "vm-1" } });
        await couch.Housekeeping.Sweep();
        Assert.Equal((guest, invite), (await couch.Row(guest.Id), await couch.Row(invite.Id)));
        Assert.False(await couch.Invite(invite.Id).Purge(couch.Clock.Now()));
        Assert.False(await couch.Guest(guest.Id).Purge(couch.Clock.Now()));
    }

    [Fact]
    public async Task A_receipt_is_kept_for_as_long_as_an_end()
    {
        var receipt = couch.Clock.Now().AddHours(-70);
        var (_, guest) = await AStay(TimeSpan.FromDays(4), guest => guest with { Vm = new() { Host = "vers", State = VmState.Destroyed,
            Id = "vm-1", DestroyedAt = receipt } });
        await couch.Housekeeping.Sweep();
        Assert.Equal(guest, await couch.Row(guest.Id));
    }

    [Fact]
    public async Task A_guest_who_stays_keeps_its_invite()
    {
        var (invite, guest) = await AStay(
            TimeSpan.FromDays(4), guest => guest with { Status = GuestStatus.Running, StoppedAt = null, EndReason = null,
                ExpiresAt = couch.Clock.Now().AddDays(1) });
        await couch.Housekeeping.Sweep();
        Assert.False(await couch.Invite(invite.Id).Purge(couch.Clock.Now()));
        Assert.Equal((guest, invite), (await couch.Row(guest.Id), await couch.Row(invite.Id)));
    }

    [Fact]
    public async Task An_invite_that_nobody_redeemed_goes_once_its_time_has_been_up_for_so_long()
    {
        var now = couch.Clock.Now();
        Invite[] past = [Some.Invite(now.AddDays(-5)) with { Status = InviteStatus.Expired },
            Some.Invite(now.AddDays(-5)) with { Status = InviteStatus.Revoked }];
        Invite[] kept = [Some.Invite(now.AddDays(-3.5)) with { Status = InviteStatus.Revoked }, Some.Invite(now.AddDays(-5),
            expiresInHours: 720)];
        foreach (var invite in past.Concat(kept))
            await couch.Database.Put(GrainKinds.Invite, invite.Id.Value, invite);
        await couch.Housekeeping.Sweep();

        foreach (var invite in past)
            Assert.Null(await couch.Row(invite.Id));
        foreach (var invite in kept)
            Assert.Equal(invite, await couch.Row(invite.Id));
    }

    [Fact]
    public async Task A_purge_that_was_interrupted_is_finished_and_brings_nobody_again()
    {
        var (invite, guest) = await AStay(TimeSpan.FromDays(4));
        // The invite's row is the first to go.
        await couch.Database.Rows($"DELETE FROM grain_state WHERE id = '{invite.Id}'");
        Assert.Equal(0, (await couch.Housekeeping.Sweep()).Arrived);
        Assert.Equal(0, (await couch.Housekeeping.Sweep()).Arrived);
        Assert.Null(await couch.Row(guest.Id));
    }

    [Fact]
    public async Task A_row_that_cannot_be_deleted_now_is_deleted_by_a_later_pass()
    {
        var (invite, guest) = await AStay(TimeSpan.FromDays(4));
        couch.Faults.RefuseClear();
        await couch.Housekeeping.Sweep();
        Assert.Equal((guest, invite), (await couch.Row(guest.Id), await couch.Row(invite.Id)));
        await couch.Housekeeping.Sweep();
        Assert.Equal((null, null), (await couch.Row(guest.Id), await couch.Row(invite.Id)));
    }

    [Fact]
    public async Task A_reminder_that_an_older_version_armed_goes_once_it_finds_no_row()
    {
        var (invite, guest) = Stay(TimeSpan.FromDays(4));
        guest = guest with { ExpiresAt = couch.Clock.Now().AddDays(20) };
        await couch.Database.Put(GrainKinds.Invite, invite.Id.Value, invite);
        Assert.True(await couch.Guest(guest.Id).Arrive(Guest.Arriving(invite) with { ExpiresAt = guest.ExpiresAt }));
        await couch.Forget(couch.Guest(guest.Id));
        await couch.Database.Rows(
            "DELETE FROM grain_state WHERE kind = @kind AND id = @id", ("kind", GrainKinds.Guest), ("id", guest.Id.Value));
        await couch.Database.Put(GrainKinds.Guest, guest.Id.Value, guest);
        await couch.Arm(GrainId.Create(GrainKinds.Guest, guest.Id.Value), couch.Clock.GetUtcNow().AddMinutes(3));
        await couch.Housekeeping.Sweep();
        Assert.Null(await couch.Row(guest.Id));
        await couch.AdvanceUntil(TimeSpan.FromMinutes(6), async () => await Reminders(guest.Id) is []);
    }

    [Fact]
    public async Task A_pass_deletes_batch_after_batch()
    {
        var old = Enumerable.Range(0, 520).Select(_ => Some.Invite(couch.Clock.Now().AddDays(-5)) with { Status = InviteStatus.Expired })
            .ToList();
        foreach (var invite in old)
            await couch.Database.Put(GrainKinds.Invite, invite.Id.Value, invite);
        await couch.Housekeeping.Sweep();
        Assert.Empty((await couch.Listings.Invites(InviteStatus.Expired, 1000, null, couch.Clock.Now(), TestCouch.Cancel)).Rows
            .IntersectBy(old.Select(invite => invite.Id), invite => invite.Id));
    }

    private Task<List<string>> Reminders(GuestId guest) =>
        couch.Database.Rows($"SELECT name FROM reminder WHERE grain_id LIKE '%{guest}%'");

    private async Task<(Invite Invite, Guest Guest)> AStay(TimeSpan endedBefore, Func<Guest, Guest>? with = null)
    {
        var (invite, guest) = Stay(endedBefore);
        guest = with?.Invoke(guest) ?? guest;
        await couch.Database.Put(GrainKinds.Invite, invite.Id.Value, invite);
        await couch.Database.Put(GrainKinds.Guest, guest.Id.Value, guest);
        return (invite, guest);
    }

    private (Invite Invite, Guest Guest) Stay(TimeSpan endedBefore)
    {
        var ended = couch.Clock.Now() - endedBefore;
        var invite = Some.Redeemed(Some.Invite(ended.AddHours(-2)), ended.AddHours(-1));
        return (invite, Guest.Arriving(invite) with { Status = GuestStatus.Revoked, StoppedAt = ended, EndReason = EndReason.Killed });
    }
}

public sealed class RetainingSqliteCouch() : TestCouch(new SqliteEngine())
{
    private protected override Retention Retention => new() { Days = 3 };
}

public sealed class RetainingPostgresCouch() : TestCouch(new PostgresEngine())
{
    private protected override Retention Retention => new() { Days = 3 };
}

public sealed class RetentionOnSqlite(RetainingSqliteCouch couch) : RetentionTests(couch), IClassFixture<RetainingSqliteCouch>;

public sealed class RetentionOnPostgres(RetainingPostgresCouch couch) : RetentionTests(couch), IClassFixture<RetainingPostgresCouch>;
