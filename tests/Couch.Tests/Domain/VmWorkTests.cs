using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Domain;

/// <summary>What is under way, and what follows from a report. In every order: <c>EveryHistoryTests</c>.</summary>
public sealed class VmWorkTests
{
    private static readonly DateTimeOffset Now = Some.Time;

    private static Guest Booting => Observed(Some.Guest().OrderVm("vers", Now), new VmReport.Made(1, "vm-1", "https://vm-1"));

    [Fact]
    public void A_release_that_an_older_memory_began_before_the_vm_was_known_is_no_receipt()
    {
        var killed = Killed(Booting);
        var taken = VmWork.None.Next(killed, Now, isExact: false)!;
        Assert.Equal("vm-1", taken.Work.Release!.Own);

        Assert.Null(taken.Work.Observe(killed, new VmReport.Gone(), 3, Now, 0).Guest.Vm.DestroyedAt);
        Assert.NotNull(taken.Work.Observe(killed, new VmReport.Gone { Own = "vm-1" }, 3, Now, 0).Guest.Vm.DestroyedAt);
    }

    [Fact]
    public void That_nothing_is_left_is_no_receipt_while_the_row_has_an_attempt_whose_loss_is_not_written_yet()
    {
        var killed = Killed(Some.Guest().OrderVm("vers", Now));
        Assert.NotNull(killed.Vm.UnderWay);

        Assert.Null(VmWork.None.Observe(killed, new VmReport.Gone(), 3, Now, 0).Guest.Vm.DestroyedAt);
        Assert.NotNull(VmWork.None.Observe(killed.LoseAttempt(isExact: true), new VmReport.Gone(), 3, Now, 0).Guest.Vm.DestroyedAt);
    }

    [Fact]
    public void A_vm_that_did_not_become_ready_is_destroyed_unasked_at_the_end_whatever_a_list_shows()
    {
        var killed = Killed(Observed(Booting, new VmReport.Failed(1, "not ready", false)));

        Assert.Equal(["vm-1"], VmWork.None.Next(killed, Now, isExact: false)!.Work.Release!.Unasked);
    }

    [Fact]
    public void A_vm_that_did_not_become_ready_is_destroyed_once_and_not_looked_for_again_when_the_guest_is_given_another_by_hand()
    {
        var failed = VmWork.None.Observe(Booting, new VmReport.Failed(1, "not ready", false), 3, Now, 0);
        Assert.Equal([new VmCommand.Destroy("vm-1")], failed.Commands);

        var given = Assert.IsType<ActivateOutcome.Activated>(failed.Guest.Activate("hand", "http://hand", Now)).Guest;
        var release = failed.Work.Next(given, Now, isExact: false)!;
        var what = release.Work.Release!;
        var gone = release.Work.Observe(given, new VmReport.Gone { Own = what.Own, Given = what.Given }, 3, Now, 0);

        Assert.Equal(VmState.None, gone.Guest.Vm.State);
        Assert.Empty(gone.Commands);
    }

    private static Guest Observed(Guest guest, VmReport report) => guest.Observe(report, 3, Now, 0);

    private static Guest Killed(Guest guest) => Assert.IsType<EndOutcome.Ended>(guest.Kill(Now)).Guest;
}
