using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>
/// It is not known whether a VM was made, and the provider's list is behind: the couch makes few, never two for one guest, and
/// says that nothing is left only once that can be believed.
/// </summary>
public sealed class DoubtfulCreateTests(VersCouchOnOneClock couch) : IClassFixture<VersCouchOnOneClock>, IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(2);

    /// <summary>Past a retry's wait, and within any call's bound.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(30);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        couch.Vers.Faults.Heal();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_provider_that_makes_vms_and_does_not_say_so_makes_two_for_a_guest_and_the_record_says_how_many()
    {
        var (creates, vms) = (couch.Vers.Journal.Count(Call.Create), couch.Vers.Vms.All.Count);
        couch.Vers.Faults.Always(Call.Create, new Effect.EmptyReply());
        var guest = await couch.AGuest();
        await BecomesSoon(
            guest.Id, one => one is { IsStaying: false, Vm.CleanSince: not null }, "the second create ends the stay, and nothing is shown");
        Assert.Null((await couch.Row(guest.Id))!.Vm.DestroyedAt);
        couch.Clock.Advance(VmTrack.ListsLag);
        await couch.HasReceipt(guest.Id);

        var row = (await couch.Row(guest.Id))!;
        Assert.Equal((GuestStatus.Stopped, EndReason.ProvisioningFailed, 2), (row.Status, row.EndReason, row.Vm.Unaccounted));
        Assert.Contains("The outcome of 2 creates is unknown", row.EndDetail, StringComparison.Ordinal);
        Assert.Equal((creates + 2, vms + 2), (couch.Vers.Journal.Count(Call.Create), couch.Vers.Vms.All.Count));
        Assert.True(row.Vm.DestroyedAt - row.StoppedAt >= VmTrack.ListsLag);
    }

    [Fact]
    public async Task A_claimed_vm_that_a_lost_node_told_nobody_of_is_taken_once_the_list_shows_it()
    {
        var guest = await AGuestWhoseNodeIsLostAsItsVmIsClaimed(isEnded: false);

        await TheListShowsNothingYet(guest);
        couch.Clock.Advance(VmTrack.ListsLag);
        await couch.IsRunning(guest);

        Assert.Equal(1, couch.Vers.Vms.MostClaimedBy(guest.Value));
        var row = (await couch.Row(guest))!;
        Assert.Equal((row.VmId, 0), (Assert.Single(couch.ClaimedBy(guest)).Id.ToString(), row.Vm.Unaccounted));
    }

    [Fact]
    public async Task A_receipt_waits_for_the_list_to_show_what_a_lost_node_told_nobody_of()
    {
        var guest = await AGuestWhoseNodeIsLostAsItsVmIsClaimed(isEnded: true);

        await TheListShowsNothingYet(guest);
        Assert.Single(couch.ClaimedBy(guest));
        await couch.AdvanceUntil(Long, async () =>
        {
            var row = (await couch.Row(guest))!;
            Assert.True(row.Vm.DestroyedAt is null || !couch.ClaimedBy(guest).Any(), "a receipt, and a VM");
            return row.Vm.DestroyedAt is not null;
        });

        Assert.Empty(couch.ClaimedBy(guest));
        Assert.Equal(1, couch.Vers.Vms.MostClaimedBy(guest.Value));
    }

    [Fact]
    public async Task A_vm_that_does_not_become_ready_in_its_time_is_replaced_and_never_taken_again()
    {
        couch.Vers.Faults.Always(Call.Status, new Effect.Answer(503));
        var guest = await couch.AGuest();
        await couch.Becomes(guest.Id, one => one.Vm.State is VmState.Booting, "it boots");
        await couch.AdvanceUntil(Long, async () => (await couch.Row(guest.Id))!.Vm.Condemned is not null);
        couch.Vers.Faults.Heal();
        couch.Clock.Advance(Soon);
        await couch.IsRunning(guest.Id);

        var row = (await couch.Row(guest.Id))!;
        Assert.DoesNotContain(row.VmId!, row.Vm.EachCondemned);
        Assert.Equal(row.VmId, Assert.Single(couch.ClaimedBy(guest.Id)).Id.ToString());
        Assert.Equal((2, 0), (row.Vm.Attempts, row.Vm.Unaccounted));
    }

    private Task TheListShowsNothingYet(GuestId guest) =>
        BecomesSoon(guest, one => one.Vm.CleanSince is not null, "the list shows nothing yet");

    /// <summary>
    /// Time goes on, for retries and for lists that rest from each other, but by less than a call may take, or the list is behind.
    /// </summary>
    private Task BecomesSoon(GuestId guest, Func<Guest, bool> claim, string what)
    {
        var until = couch.Clock.GetUtcNow() + (Behind / 2);
        return couch.Becomes(
            guest,
            one =>
            {
                if (claim(one))
                    return true;
                if (couch.Clock.GetUtcNow() < until)
                    couch.Clock.Advance(TimeSpan.FromMilliseconds(50));
                return false;
            },
            what);
    }

    private async Task<GuestId> AGuestWhoseNodeIsLostAsItsVmIsClaimed(bool isEnded)
    {
        var isHeld = new Step("claim done", Call.Label, IsDone: true).Hold(couch.Vers, TimeSpan.FromHours(1));
        var guest = (await couch.AGuest()).Id;
        await isHeld();
        couch.Vers.Faults.Always(Call.List, new Effect.StaleList(Behind));
        if (isEnded)
            await couch.Guest(guest).Kill();
        await couch.Restart();
        await couch.Housekeeping.Start();
        return guest;
    }
}
