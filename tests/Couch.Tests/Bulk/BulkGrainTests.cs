using Couch.Domain.Bulk;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Bulk;

/// <summary>An order is carried out whatever fails, and its row goes once it is of no more use.</summary>
public sealed class BulkGrainTests() : TestCouch(new SqliteEngine())
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_order_goes_on_after_its_memory_was_lost_and_no_caller_asks()
    {
        var guest = await AGuest();
        Faults.RefuseWrite(guest.Id.Value);
        var order = await Give(BulkScope.Of([guest.Id.Value]));
        await Until.True(() => Task.FromResult(Faults.HasRefusedWrite), Bound, "the kill fails");
        await Restart();
        Assert.Equal(GuestStatus.Provisioning, (await Row(guest.Id))!.Status);

        Clock.Advance(TimeSpan.FromMinutes(1));

        await Until.True(async () => (await Row(guest.Id))!.Status is GuestStatus.Revoked, Bound, "the guest is killed");
        Assert.Equal(order.By, (await Row(guest.Id))!.KilledWith);
    }

    [Fact]
    public async Task A_guest_whose_row_is_not_written_yet_is_killed_with_all()
    {
        var (_, guest) = await NotArrived();

        await Finishes(await Give(BulkScope.Of(null)));

        Assert.Equal(GuestStatus.Revoked, (await Row(guest))!.Status);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("noah", true)]
    [InlineData("ada", false)]
    public async Task A_guest_whose_row_is_not_written_yet_is_killed_by_its_id(string? createdBy, bool isKilled)
    {
        var (_, guest) = await NotArrived();

        var order = await Give(BulkScope.Of([guest.Value], createdBy));
        await Finishes(order);

        Assert.Equal(isKilled ? GuestStatus.Revoked : null, (await Row(guest))?.Status);
        Assert.Equal(isKilled ? [] : [guest.Value], (await Order(order.Id).WaitForProgress(order))!.EachNotFound);
    }

    [Fact]
    public async Task A_guest_that_does_not_arrive_because_its_invite_cannot_be_read_keeps_no_order_open()
    {
        var (invite, guest) = await NotArrived();
        await Forget(Invite(invite));
        await Database.Rows(
            "UPDATE grain_state SET version = version + 1, state = json_set(state, '$.label', NULL) WHERE id = @id", ("id", invite.Value));
        var other = await AGuest();

        foreach (var scope in new[] { BulkScope.Of([guest.Value]), BulkScope.Of(null) })
        {
            var order = await Give(scope);
            await Finishes(order);
            Assert.Equal([guest.Value], (await Order(order.Id).WaitForProgress(order))!.EachUnreadable);
        }

        Assert.Equal(GuestStatus.Revoked, (await Row(other.Id))!.Status);
    }

    [Fact]
    public async Task A_finished_order_is_deleted_after_a_while()
    {
        var guest = await AGuest();
        var order = await Give(BulkScope.Of([guest.Id.Value]));
        await Finishes(order);

        Clock.Advance(BulkOrder.KeptFinished);

        await Until.True(
            async () =>
            {
                Clock.Advance(TimeSpan.FromSeconds(61));
                return await Order(order.Id).WaitForProgress(order) is null;
            }, Bound, "the order's row is deleted");
    }

    private async Task<(InviteId Invite, GuestId Guest)> NotArrived()
    {
        var invite = await AnInvite();
        Faults.CrashBeforeArrival();
        await Assert.ThrowsAnyAsync<Exception>(() => Invite(invite.Id).Redeem(Some.Redeem()));
        var guest = (await Row(invite.Id))!.Redemption!.GuestId;
        Assert.Null(await Row(guest));
        return (invite.Id, guest);
    }

    private async Task<BulkOrder> Give(BulkScope scope)
    {
        var order = BulkOrder.New(
            BulkOrderId.New(Clock.GetUtcNow(), Some.Random), BulkAction.KillGuests, scope, Actor.Configured);
        return await Order(order.Id).Give(order);
    }

    private Task Finishes(BulkOrder order) =>
        Until.True(async () => await Order(order.Id).WaitForProgress(order) is { IsFinished: true }, Bound, "the order is finished");
}
