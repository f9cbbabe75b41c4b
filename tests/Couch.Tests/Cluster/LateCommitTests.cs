using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Couch.Tests.Vms;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>
/// The table comes to hold what an active grain does not know: a write that was given up is committed after all, or another
/// program inserts the grain's row.
/// </summary>
public sealed class LateCommitTests(VersCouchOnSqlite couch) : IClassFixture<VersCouchOnSqlite>
{
    private static readonly TimeSpan AFewTicks = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task A_kill_that_is_committed_after_it_was_given_up_ends_the_guest_and_its_VM()
    {
        var guest = await couch.AGuest();
        await couch.IsRunning(guest.Id);
        var late = couch.Faults.CommitLate(guest.Id.Value);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => couch.Guest(guest.Id).Kill());
        Assert.Equal(GuestStatus.Running, (await couch.Guest(guest.Id).Get())!.Status);

        late.LetGo();
        await couch.Becomes(guest.Id, row => row.Status is GuestStatus.Revoked, "the kill is committed");

        await couch.AdvanceUntil(AFewTicks, async () => (await couch.Row(guest.Id))!.Vm.DestroyedAt is not null);
        Assert.Equal(GuestStatus.Revoked, (await couch.Guest(guest.Id).Get())!.Status);
        Assert.Empty(couch.ClaimedBy(guest.Id));
    }

    [Fact]
    public async Task An_arrival_that_is_committed_after_it_was_given_up_gets_its_VM()
    {
        var now = couch.Clock.Now();
        var arriving = Guest.Arriving(Some.Redeemed(Some.Invite(now), now));
        var late = couch.Faults.CommitLate(arriving.Id.Value);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => couch.Guest(arriving.Id).Arrive(arriving));

        late.LetGo();
        await Until.True(async () => await couch.Row(arriving.Id) is not null, TimeSpan.FromSeconds(10), "the arrival is committed");

        await couch.AdvanceUntil(AFewTicks, async () => (await couch.Row(arriving.Id))!.Status is GuestStatus.Running);
        Assert.Equal(GuestStatus.Running, (await couch.Guest(arriving.Id).Get())!.Status);
    }

    [Fact]
    public async Task A_row_that_is_inserted_after_its_grain_was_asked_for_is_taken_up()
    {
        var now = couch.Clock.Now();
        var guest = Guest.Arriving(Some.Redeemed(Some.Invite(now), now)).OrderVm("vers", now);
        Assert.Null(await couch.Guest(guest.Id).Get());
        await couch.Database.Put(GrainKinds.Guest, guest.Id.Value, guest);
        // As the import does: with the moment of its first attempt.
        await couch.Database.Rows(
            $"UPDATE grain_state SET state = json_set(state, '$.wakeAt', {now.ToUnixTimeMilliseconds()}, '$.ring', 0) WHERE id = '{guest.Id}'");

        await couch.AdvanceUntil(AFewTicks, async () => (await couch.Row(guest.Id))!.Status is GuestStatus.Running);
        Assert.Equal(GuestStatus.Running, (await couch.Guest(guest.Id).Get())!.Status);
    }
}
