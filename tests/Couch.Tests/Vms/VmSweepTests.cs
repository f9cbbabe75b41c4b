using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>The safety net under guests' VMs: what it mends, and what it must not touch.</summary>
public sealed class VmSweepTests
{
    private static readonly TimeSpan AMinute = TimeSpan.FromSeconds(61);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private static GuestId Stranger => GuestId.New(Some.Time, Some.Random);

    [Fact]
    public async Task A_second_claimed_vm_of_a_running_guest_is_destroyed_and_its_own_stays()
    {
        await using var couch = await VmCouch.Start();
        var guest = await couch.ARunningGuest();
        var second = await couch.AVm(guest.Id);

        var found = await couch.Housekeeping.SweepVms();

        Assert.Equal([second], found.Strays);
        Assert.Equal([guest.VmId!], couch.Left);
    }

    [Fact]
    public async Task A_vm_that_turns_up_after_its_guests_receipt_is_destroyed()
    {
        await using var couch = await VmCouch.Start();
        var guest = await couch.ARunningGuest();
        await couch.Guest(guest.Id).Kill();
        await couch.BecomesTrue(guest.Id, one => one.Vm.DestroyedAt is not null, "the receipt");
        await couch.AVm(guest.Id);
        couch.Clock.Advance(AMinute);

        await couch.Housekeeping.SweepVms();

        Assert.Empty(couch.Left);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_couchs_vms_on_the_account_stay_and_so_do_those_that_may_be_about_to_be_theirs(bool isDedicated)
    {
        await using var couch = await VmCouch.Start(vers => vers with { IsDedicated = isDedicated });
        var (claimed, unclaimed) = (await couch.AVm(Stranger, "another-couch"), await couch.AVm());
        couch.Clock.Advance(VmReconciliation.Grace);

        var found = await couch.Housekeeping.SweepVms();

        Assert.Equal([claimed, unclaimed], couch.Left);
        Assert.Equal([unclaimed], found.Unclaimed);
        Assert.Equal(isDedicated ? [SafetyHold.SharedAccount] : [], found.Holds);
    }

    [Fact]
    public async Task On_a_dedicated_account_what_nobody_claims_is_destroyed_after_its_grace()
    {
        await using var couch = await VmCouch.Start(vers => vers with { IsDedicated = true });
        var guest = await couch.ARunningGuest();
        await couch.AVm();
        couch.Clock.Advance(VmReconciliation.Grace - TimeSpan.FromSeconds(1));
        await couch.Housekeeping.SweepVms();
        Assert.Equal(2, couch.Left.Count);

        couch.Clock.Advance(TimeSpan.FromSeconds(1));
        await couch.Housekeeping.SweepVms();

        Assert.Equal([guest.VmId!], couch.Left);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_database_older_than_its_vms_destroys_none_until_its_operator_says_so(bool isSaid)
    {
        await using var couch = await VmCouch.Start(vers => vers with { IsDedicated = true }, new() { DestroysUnknown = isSaid });
        var (claimed, unclaimed) = (await couch.AVm(Stranger), await couch.AVm());
        couch.Clock.Advance(VmReconciliation.Grace);

        var found = await couch.Housekeeping.SweepVms();

        Assert.Equal(isSaid ? [] : [claimed, unclaimed], couch.Left);
        Assert.Equal(isSaid ? [] : [SafetyHold.UnknownGuests], found.Holds);
    }

    [Fact]
    public async Task A_guest_whose_vm_vanished_is_lost_after_two_direct_looks_a_minute_apart()
    {
        await using var couch = await VmCouch.Start();
        var guest = await couch.ARunningGuest();
        couch.Clock.Advance(AMinute);
        couch.At.Vers.Vms.Vanish(Guid.Parse(guest.VmId!));

        await couch.Housekeeping.SweepVms();
        await couch.BecomesTrue(guest.Id, one => one.Vm.MissingSince is not null, "it is missed");
        await couch.Housekeeping.SweepVms();
        Assert.Equal(GuestStatus.Running, (await couch.Row(guest.Id))!.Status);

        couch.Clock.Advance(AMinute);
        await couch.Housekeeping.SweepVms();
        await couch.BecomesTrue(
            guest.Id, one => one is { Status: GuestStatus.Stopped, EndReason: EndReason.VmLost, Vm.DestroyedAt: not null }, "it is lost");
    }

    [Fact]
    public async Task A_guest_whose_vm_died_is_lost_and_what_is_left_of_it_destroyed()
    {
        await using var couch = await VmCouch.Start();
        var guest = await couch.ARunningGuest();
        couch.Clock.Advance(AMinute);
        couch.At.Vers.Vms.Kill(Guid.Parse(guest.VmId!));

        await couch.Housekeeping.SweepVms();
        await couch.BecomesTrue(guest.Id, one => one.Vm.MissingSince is not null, "it is missed");
        couch.Clock.Advance(AMinute);
        await couch.Housekeeping.SweepVms();

        await couch.BecomesTrue(guest.Id, one => one is { EndReason: EndReason.VmLost, Vm.DestroyedAt: not null }, "it is lost");
        Assert.Empty(couch.Left);
    }

    [Fact]
    public async Task A_vm_that_comes_back_is_forgotten_to_have_been_missing()
    {
        await using var couch = await VmCouch.Start();
        var guest = await couch.ARunningGuest();
        couch.Clock.Advance(AMinute);
        couch.At.Vers.Faults.Next(Call.List, new Effect.EmptyList());
        couch.At.Vers.Faults.Next(Call.Status, new Effect.Answer(404));
        await couch.Housekeeping.SweepVms();
        await couch.BecomesTrue(guest.Id, one => one.Vm.MissingSince is not null, "it is missed");

        await couch.Housekeeping.SweepVms();

        await couch.BecomesTrue(guest.Id, one => one.Vm.MissingSince is null, "it is back");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.4)]
    public async Task A_list_that_is_empty_or_partial_destroys_nothing_and_loses_nobody(double share)
    {
        await using var couch = await VmCouch.Start(vers => vers with { IsDedicated = true });
        var guests = new[] { await couch.ARunningGuest(), await couch.ARunningGuest(), await couch.ARunningGuest() };
        couch.Clock.Advance(AMinute);
        couch.At.Vers.Faults.Always(Call.List, share is 0 ? new Effect.EmptyList() : new Effect.PartialList(share));

        for (var pass = 0; pass < 4; pass++)
        {
            var looks = couch.At.Vers.Journal.Count(Call.Status);
            var found = await couch.Housekeeping.SweepVms();
            await Until.True(() => Task.FromResult(couch.At.Vers.Journal.Count(Call.Status) == looks + found.ToVerify.Count), Bound,
                "each was looked at");
            couch.Clock.Advance(AMinute);
        }

        Assert.Equal(3, couch.Left.Count);
        foreach (var guest in guests)
            Assert.Equal((GuestStatus.Running, null), ((await couch.Row(guest.Id))!.Status, (await couch.Row(guest.Id))!.Vm.MissingSince));
    }

    [Fact]
    public async Task When_many_vanish_at_once_nobody_is_even_looked_at_and_the_pass_says_so()
    {
        await using var couch = await VmCouch.Start();
        var guests = new List<Guest>();
        for (var number = 0; number < 5; number++)
            guests.Add(await couch.ARunningGuest());
        couch.Clock.Advance(AMinute);
        foreach (var guest in guests.Skip(1))
            couch.At.Vers.Vms.Vanish(Guid.Parse(guest.VmId!));
        var looks = couch.At.Vers.Journal.Count(Call.Status);

        var found = await couch.Housekeeping.SweepVms();

        Assert.Equal([SafetyHold.ManyVanished], found.Holds);
        Assert.Equal((4, 0), (found.Vanished.Count, found.ToVerify.Count));
        Assert.Equal(looks, couch.At.Vers.Journal.Count(Call.Status));
    }

    [Fact]
    public async Task A_list_that_fails_destroys_nothing_and_loses_nobody()
    {
        await using var couch = await VmCouch.Start(vers => vers with { IsDedicated = true });
        var guest = await couch.ARunningGuest();
        await couch.AVm(guest.Id);
        await couch.AVm();
        couch.Clock.Advance(VmReconciliation.Grace);
        couch.At.Vers.Faults.Always(Call.List, new Effect.Answer(403));

        var found = await couch.Housekeeping.SweepVms();

        Assert.Equal(3, couch.Left.Count);
        Assert.Empty(found.ToDestroy.Concat(found.ToVerify));
    }

    [Fact]
    public async Task A_read_that_fails_destroys_nothing()
    {
        await using var couch = await VmCouch.Start(vers => vers with { IsDedicated = true });
        var guest = await couch.ARunningGuest();
        await couch.AVm(guest.Id);
        couch.Clock.Advance(VmReconciliation.Grace);
        await couch.Database.Rows("ALTER TABLE grain_state RENAME TO elsewhere");

        await Assert.ThrowsAnyAsync<Exception>(couch.Housekeeping.SweepVms);

        Assert.Equal(2, couch.Left.Count);
        await couch.Database.Rows("ALTER TABLE elsewhere RENAME TO grain_state");
        await couch.Housekeeping.SweepVms();
        Assert.Equal([guest.VmId!], couch.Left);
    }

    [Fact]
    public async Task A_look_without_an_answer_loses_nobody()
    {
        await using var couch = await VmCouch.Start();
        var guest = await couch.ARunningGuest();
        couch.Clock.Advance(AMinute);
        couch.At.Vers.Vms.Vanish(Guid.Parse(guest.VmId!));
        couch.At.Vers.Faults.Always(Call.Status, new Effect.Answer(403));

        for (var pass = 0; pass < 3; pass++)
        {
            var looks = couch.At.Vers.Journal.Count(Call.Status);
            await couch.Housekeeping.SweepVms();
            await Until.True(() => Task.FromResult(couch.At.Vers.Journal.Count(Call.Status) > looks), Bound, "it was looked at");
            couch.Clock.Advance(AMinute);
        }

        Assert.Equal((GuestStatus.Running, null), ((await couch.Row(guest.Id))!.Status, (await couch.Row(guest.Id))!.Vm.MissingSince));
    }

    [Fact]
    public async Task A_running_guest_that_fell_out_of_memory_is_measured_again()
    {
        await using var couch = await VmCouch.Start(vers => vers with { IsMetered = true });
        var guest = await couch.ARunningGuest();
        couch.Clock.Advance(AMinute);
        couch.At.Vers.Vms.Use(Guid.Parse(guest.VmId!), usage => usage with { CpuSeconds = 42 });

        // Its reminder, armed while its VM was made, ticks once more and wakes it too.
        await Until.True(
            async () =>
            {
                await couch.Forget(couch.Guest(guest.Id));
                return (await couch.Housekeeping.SweepVms()).Unmetered.Contains(guest.Id.Value);
            },
            Bound,
            "it is woken");
        await couch.AdvanceUntil(TimeSpan.FromMinutes(2), async () => (await couch.Row(guest.Id))!.ResourceUsage.CpuSeconds >= 42);
    }

    [Fact]
    public async Task A_guest_whose_work_nobody_does_is_woken()
    {
        await using var couch = await VmCouch.Start();
        var guest = Some.Guest() with { ExpiresAt = couch.Clock.GetUtcNow().AddHours(1) };
        await couch.Database.Put("guest", guest.Id.Value, guest.OrderVm("vers", couch.Clock.GetUtcNow().AddMinutes(-5)));

        Assert.Equal([guest.Id.Value], (await couch.Housekeeping.SweepVms()).Stuck);

        await couch.BecomesTrue(guest.Id, one => one.Vm.CleanSince is not null, "what the lost attempt may have claimed is looked for");
        couch.Clock.Advance(VmTrack.ListsLag);
        await couch.BecomesTrue(guest.Id, one => one is { Status: GuestStatus.Running, Vm.Attempts: 3 }, "it runs");
    }

    [Fact]
    public async Task As_a_node_starts_work_that_was_lost_a_moment_ago_begins_anew_at_once()
    {
        await using var couch = await VmCouch.Start();
        var now = couch.Clock.GetUtcNow();
        var (making, ending) = (Some.Guest() with { ExpiresAt = now.AddHours(1) }, Some.Guest());
        await couch.Database.Put("guest", making.Id.Value, making.OrderVm("vers", now));
        await couch.Database.Put(
            "guest", ending.Id.Value, Assert.IsType<EndOutcome.Ended>(ending.OrderVm("vers", now).Kill(Some.Time)).Guest);

        await couch.Housekeeping.Start();

        foreach (var guest in new[] { making, ending })
            await couch.BecomesTrue(guest.Id, one => one.Vm.CleanSince is not null, "what the lost attempt may have claimed is looked for");
        couch.Clock.Advance(VmTrack.ListsLag);
        await couch.BecomesTrue(making.Id, one => one is { Status: GuestStatus.Running, Vm.Attempts: 3 }, "it runs");
        await couch.BecomesTrue(ending.Id, one => one.Vm.DestroyedAt is not null, "the receipt");
    }
}
