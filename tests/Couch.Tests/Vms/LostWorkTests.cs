using Couch.Cluster.Guests;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>Work on a VM is forgotten, or is late: no guest waits for what never comes, and nothing late counts.</summary>
public sealed class LostWorkTests(VersCouchOnSqlite couch) : IClassFixture<VersCouchOnSqlite>
{
    private static readonly TimeSpan Held = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task A_report_that_does_not_reach_its_guest_is_told_again()
    {
        couch.Faults.LoseReport();
        var guest = await couch.AGuest();
        await Retold(guest.Id, row => row.Status is GuestStatus.Running);

        couch.Faults.LoseReport();
        await couch.Guest(guest.Id).Kill();
        await Retold(guest.Id, row => row.Vm.DestroyedAt is not null);
        Assert.Equal(1, (await couch.Row(guest.Id))!.Vm.Attempts);

        // Seconds only: neither a call's bound nor the reminder comes to its help.
        Task Retold(GuestId id, Func<Guest, bool> claim) => couch.Becomes(
            id,
            row =>
            {
                if (claim(row))
                    return true;
                if (couch.Clock.GetUtcNow() < guest.CreatedAt.AddSeconds(10))
                    couch.Clock.Advance(TimeSpan.FromMilliseconds(50));
                return false;
            },
            "the report has come");
    }

    [Fact]
    public async Task Whoever_asks_for_a_guest_that_is_only_arriving_begins_no_second_attempt()
    {
        for (var i = 0; i < 5; i++)
        {
            var arriving = Guest.Arriving(Some.Redeemed(Some.Invite(couch.Clock.Now()), couch.Clock.Now()));
            // These interleave with an arrival, and may find its row written and nothing else of it.
            var asking = Enumerable.Range(0, 8).Select(_ => Ask()).ToList();
            Assert.True(await couch.Guest(arriving.Id).Arrive(arriving));
            await Task.WhenAll(asking);
            await couch.IsRunning(arriving.Id);
            Assert.Equal(1, (await couch.Row(arriving.Id))!.Vm.Attempts);
            Assert.Single(couch.Vers.Vms.All, vm => vm.Guest == arriving.Id.Value);

            Task Ask() => couch.Guest(arriving.Id).WaitForChange(GuestStatus.Provisioning, null, TimeSpan.Zero);
        }
    }

    [Fact]
    public async Task A_guest_that_has_expired_is_never_given_up_as_not_provisioned()
    {
        var isHeld = couch.Hold(new Step("create sent", Call.Create), Held);
        var guest = await couch.AGuest(ResourceLimits.Default with { MaxDurationHours = 1 });
        await isHeld();
        couch.Vers.Faults.Next(Call.Create, new Effect.Answer(400));

        // The create's bound, the guest's end and its reminder all fall due in one moment.
        couch.Clock.Advance(TimeSpan.FromHours(1));
        await couch.AdvanceUntil(TimeSpan.FromHours(1), async () => (await couch.Row(guest.Id))!.Vm.DestroyedAt is not null);
        couch.Vers.Faults.Heal();
        var row = (await couch.Row(guest.Id))!;
        Assert.Equal((GuestStatus.Expired, EndReason.Expired, guest.ExpiresAt), (row.Status, row.EndReason, row.StoppedAt));
    }

    [Fact]
    public async Task A_guest_ends_at_its_time_though_work_on_its_vm_set_another_moment()
    {
        var guest = await couch.AGuest(ResourceLimits.Default with { MaxDurationHours = TimeSpan.FromSeconds(90).TotalHours });
        await couch.IsRunning(guest.Id);
        couch.Clock.Advance(TimeSpan.FromSeconds(60));
        // The tick that looked after provisioning has come, and has armed the end.
        await Until.True(
            async () =>
            {
                couch.Clock.Advance(TimeSpan.FromSeconds(1));
                return (await couch.Row(guest.Id))!.Status is GuestStatus.Expired;
            },
            TimeSpan.FromSeconds(5), "expired");
        Assert.InRange(couch.Clock.GetUtcNow() - guest.ExpiresAt, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_killed_guests_row_has_it_woken_until_its_vm_is_gone_though_memory_is_lost()
    {
        var guest = await couch.AGuest();
        await couch.IsRunning(guest.Id);
        couch.Vers.Faults.Always(Call.Destroy, new Effect.Answer(503));

        Assert.IsType<EndOutcome.Ended>(await couch.Guest(guest.Id).Kill());
        Assert.Equal(GuestStatus.Revoked, (await couch.Row(guest.Id))!.Status);
        Assert.Equal([$"{couch.Clock.Now().AddMinutes(1).ToUnixTimeMilliseconds()}"], await couch.WakeAt(guest.Id.Value));
        await couch.Restart();
        Assert.NotNull(Assert.Single(couch.ClaimedBy(guest.Id)).State);
        couch.Vers.Faults.Heal();

        await couch.AdvanceUntil(TimeSpan.FromMinutes(4), async () => (await couch.Row(guest.Id))!.Vm.DestroyedAt is not null);
        Assert.Empty(couch.ClaimedBy(guest.Id));
        Assert.Equal([""], await couch.WakeAt(guest.Id.Value));
    }

    [Fact]
    public async Task An_extended_guest_is_still_woken_where_work_on_its_vm_was_lost()
    {
        var isHeld = couch.Hold(new Step("create sent", Call.Create), Held);
        var guest = await couch.AGuest();
        await isHeld();
        Assert.IsType<ExtendOutcome.Extended>(await couch.Guest(guest.Id).Extend(1));

        await couch.Restart();
        await couch.AdvanceUntil(TimeSpan.FromMinutes(5), async () => (await couch.Row(guest.Id))!.Vm.CleanSince is not null);
        couch.Clock.Advance(VmTrack.ListsLag);
        await couch.IsRunning(guest.Id);
    }

    [Fact]
    public async Task An_older_attempts_result_does_not_begin_another_while_one_is_under_way()
    {
        var isFirstHeld = couch.Hold(new Step("first", Call.Create), Held);
        var guest = await couch.AGuest();
        await isFirstHeld();
        var isSecondHeld = couch.Hold(new Step("second", Call.Create), Held * 2);
        await couch.Forget(couch.Guest(guest.Id));
        await couch.Guest(guest.Id).Get();
        await couch.Becomes(guest.Id, row => row.Vm.CleanSince is not null, "the first's claim is looked for");
        // Past the first's own bound too, so that it is told as failed.
        couch.Clock.Advance(VmTrack.ListsLag);
        await isSecondHeld();

        var creates = couch.Vers.Journal.Count(Call.Create);
        couch.ProviderClock.Advance(Held);
        await couch.Guest(guest.Id).Get();
        Assert.Equal(creates, couch.Vers.Journal.Count(Call.Create));
        couch.ProviderClock.Advance(Held);
        await couch.IsRunning(guest.Id);
        Assert.Equal((creates, 3), (couch.Vers.Journal.Count(Call.Create), (await couch.Row(guest.Id))!.Vm.Attempts));
    }

    [Fact]
    public async Task A_vm_that_a_forgotten_attempt_brings_too_late_is_never_claimed_and_destroyed_at_once()
    {
        var isFirstHeld = couch.Hold(new Step("first", Call.Create), Held);
        var guest = await couch.AGuest();
        await isFirstHeld();
        await couch.Forget(couch.Guest(guest.Id));
        await couch.Guest(guest.Id).Get();
        await couch.Becomes(guest.Id, row => row.Vm.CleanSince is not null, "the first's claim is looked for");

        // The couch's clock stands still: no sweep and no retry comes to its help, and the intent is as young as can be.
        await TheLateVmComesAndIsNeverClaimed(guest.Id);
    }

    [Fact]
    public async Task A_vm_that_a_node_brings_too_late_is_never_claimed_though_its_memory_is_there_and_its_intent_is_young()
    {
        // A node that stood still, was given up, and wrote its intent once it woke: for a moment the guest is in two memories.
        var isFirstHeld = couch.Hold(new Step("first", Call.Create), Held);
        var guest = await couch.AGuest();
        await isFirstHeld();
        await using var other = await couch.StartCluster(silos: 1);
        await other.Client.GetGrain<IGuestGrain>(guest.Id.Value).Get();
        await couch.Becomes(guest.Id, row => row.Vm.CleanSince is not null, "the first's claim is looked for");

        await TheLateVmComesAndIsNeverClaimed(guest.Id);
    }

    private async Task TheLateVmComesAndIsNeverClaimed(GuestId guest)
    {
        var isLateDestroyed = OneMoreIsDestroyed();
        couch.ProviderClock.Advance(Held);
        await isLateDestroyed();
        // Two memories that take up the same work may overtake each other once more.
        await couch.AdvanceUntil(TimeSpan.FromMinutes(10), async () => (await couch.Row(guest))!.Status is GuestStatus.Running);
        Assert.Equal(1, couch.Vers.Vms.MostClaimedBy(guest.Value));
        Assert.Equal((await couch.Row(guest))!.VmId, Assert.Single(couch.ClaimedBy(guest)).Id.ToString());
    }

    private Func<Task> OneMoreIsDestroyed()
    {
        var before = Count();
        return () => Until.True(() => Task.FromResult(Count() > before), TimeSpan.FromSeconds(10), "the late VM is destroyed");

        int Count() => couch.Vers.Vms.All.Count(vm => vm.WasDestroyed);
    }

    [Fact]
    public async Task A_receipt_is_given_only_when_the_vm_given_by_hand_is_gone_too()
    {
        var isBooting = couch.Hold(new Step("looked at", Call.Status), Held);
        var guest = await couch.AGuest();
        await isBooting();
        var isReleasing = couch.Hold(new Step("claims listed", Call.List), Held);
        var given = await couch.AVmByHand();
        await couch.Guest(guest.Id).Activate(given, "http://hand");
        await isReleasing();

        await couch.Guest(guest.Id).Kill();
        couch.ProviderClock.Advance(Held);
        await couch.HasReceipt(guest.Id);
        Assert.Null(couch.Vers.Vms.Look(Guid.Parse(given))!.State);
        Assert.Empty(couch.ClaimedBy(guest.Id));
    }

    [Fact]
    public async Task A_vm_that_comes_between_a_releases_list_and_its_answer_is_released_all_the_same()
    {
        // Past its last look at the row: an attempt that still looks finds the guest gone, and claims nothing.
        var isClaiming = couch.Hold(new Step("claim sent", Call.Label), Held);
        var guest = await couch.AGuest();
        await isClaiming();
        var isListed = couch.Hold(new Step("listed", Call.List, IsDone: true), Held * 2);
        await couch.Guest(guest.Id).Kill();
        await isListed();

        var looks = couch.Vers.Journal.Count(Call.List);
        couch.ProviderClock.Advance(Held);
        await Until.True(() => Task.FromResult(couch.ClaimedBy(guest.Id).Any()), TimeSpan.FromSeconds(10), "the VM is claimed");
        Assert.Equal(looks, couch.Vers.Journal.Count(Call.List));
        couch.ProviderClock.Advance(Held);
        await couch.HasReceipt(guest.Id);
        Assert.Empty(couch.ClaimedBy(guest.Id));
    }

    [Fact]
    public async Task A_vm_that_cannot_be_furnished_ends_the_stay_in_the_providers_words()
    {
        couch.Vers.Faults.Always(Call.Disk, new Effect.Answer(401));
        var guest = await couch.AGuest();
        await couch.HasReceipt(guest.Id);
        couch.Vers.Faults.Heal();
        var row = (await couch.Row(guest.Id))!;
        Assert.Equal((GuestStatus.Stopped, EndReason.ProvisioningFailed), (row.Status, row.EndReason));
        Assert.Contains("a fault was asked for", row.EndDetail, StringComparison.Ordinal);
        Assert.Empty(couch.ClaimedBy(guest.Id));
    }
}
