using Couch.Domain.Bulk;
using Couch.Domain.Guests;
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
        var invite = await AnInvite();
        Faults.CrashBeforeArrival();
        await Assert.ThrowsAnyAsync<Exception>(() => Invite(invite.Id).Redeem(Some.Redeem()));
        var guest = (await Row(invite.Id))!.Redemption!.GuestId;
        Assert.Null(await Row(guest));

        await Finishes(await Give(BulkScope.Of(null)));

        Assert.Equal(GuestStatus.Revoked, (await Row(guest))!.Status);
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

    private async Task<BulkOrder> Give(BulkScope scope)
    {
        var order = BulkOrder.New(
            BulkOrderId.New(Clock.GetUtcNow(), Some.Chance), BulkAction.KillGuests, scope, Actor.Configured);
        return await Order(order.Id).Give(order);
    }

    private Task Finishes(BulkOrder order) =>
        Until.True(async () => await Order(order.Id).WaitForProgress(order) is { IsFinished: true }, Bound, "the order is finished");
}
