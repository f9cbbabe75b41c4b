using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Domain;

/// <summary>What a look over all VMs and all guests may conclude, and what it must not.</summary>
public sealed class VmReconciliationTests
{
    private const string Ours = "this-couch";
    private static readonly DateTimeOffset Now = Some.Time.AddHours(1);

    private static Guest Ordered() => Some.Guest().OrderVm("vers", Some.Time);

    private static Guest Booting(string vm = "vm-1") => Ordered().Then(new VmReport.Made(1, vm, "https://vm"));

    private static Guest Running(string vm = "vm-1") => Booting(vm).Then(new VmReport.Ready(vm));

    private static Guest Killed(Guest guest) => Assert.IsType<EndOutcome.Ended>(guest.Kill(Some.Time)).Guest;

    private static Guest Gone(Guest guest) => Killed(guest).Then(new VmReport.Gone());

    private static ListedVm Vm(string id, Guest? guest = null, string installation = Ours, DateTimeOffset? made = null) =>
        new(id, guest?.Id.Value, guest is null ? null : installation, made ?? Some.Time) { IsLabelled = guest is not null };

    private static VmReconciliation Reconciliation(ListedVm[]? listed, params Guest[] guests) => new()
    {
        Provider = "vers",
        Installation = Ours,
        At = Now,
        Listed = listed,
        Guests = [.. guests.Select(GuestVm.Of)],
        InMemory = guests.Select(guest => guest.Id.Value).ToHashSet(),
        MeasuresUsage = true,
    };

    [Fact]
    public void A_couch_in_order_has_no_findings()
    {
        var (running, booting, killed) = (Running(), Booting("vm-2"), Killed(Running("vm-3")));
        var found = Reconciliation([Vm("vm-1", running), Vm("vm-2", booting), Vm("vm-3", killed)], running, booting, killed,
            Gone(Running("vm-4"))).Reconcile();
        Assert.All(
            new[] { found.Strays, found.Unclaimed, found.Unknown, found.Vanished, found.Returned, found.Stuck, found.Unmetered,
                found.ToDestroy, found.ToVerify },
            Assert.Empty);
        Assert.Empty(found.Holds);
    }

    [Fact]
    public void A_second_vm_under_a_running_guests_claim_is_a_stray()
    {
        var guest = Running();
        Assert.Equal(["vm-2"], Reconciliation([Vm("vm-1", guest), Vm("vm-2", guest)], guest).Reconcile().ToDestroy);
    }

    [Fact]
    public void A_vm_that_an_attempt_may_be_about_to_take_is_no_stray()
    {
        var (ordered, booting) = (Ordered(), Booting("vm-2"));
        Assert.Empty(
            Reconciliation([Vm("vm-1", ordered), Vm("vm-2", booting), Vm("vm-3", booting)], ordered, booting).Reconcile().ToDestroy);
    }

    [Fact]
    public void A_condemned_vm_is_destroyed_though_an_attempt_is_under_way()
    {
        var replaced = Booting().Then(new VmReport.Failed(1, "not ready within 5 minutes", false)).Begin(Now);
        Assert.Equal(["vm-1"], Reconciliation([Vm("vm-1", replaced), Vm("vm-2", replaced)], replaced).Reconcile().ToDestroy);
    }

    [Fact]
    public void A_vm_left_after_the_receipt_is_a_stray_unless_the_list_may_be_older_than_the_receipt()
    {
        var guest = Gone(Running());
        Assert.Equal(["vm-1"], Reconciliation([Vm("vm-1", guest)], guest).Reconcile().ToDestroy);
        Assert.Empty((Reconciliation([Vm("vm-1", guest)], guest) with { At = Some.Time }).Reconcile().ToDestroy);
    }

    [Fact]
    public void A_guest_whose_given_vm_is_left_is_not_stuck_and_what_carries_its_claim_later_is_a_stray()
    {
        var given = Assert.IsType<ActivateOutcome.Activated>(Ordered().Activate("vm-hand", "http://hand", Some.Time)).Guest;
        var left = Killed(given).Then(new VmReport.Gone { LeavesGiven = true });
        var reconciliation = Reconciliation([Vm("vm-hand"), Vm("vm-1", left)], left) with { InMemory = new HashSet<string>(),
            IsAtStart = true };
        Assert.Equal(["vm-1"], reconciliation.Reconcile().ToDestroy);
        Assert.Empty(reconciliation.Reconcile().Stuck);
        Assert.Empty((reconciliation with { At = Some.Time }).Reconcile().Strays);
    }

    [Fact]
    public void A_vm_given_by_hand_is_nobodys_stray_while_its_guest_stays()
    {
        var given = Assert.IsType<ActivateOutcome.Activated>(Booting().Activate("VM-HAND", "http://hand", Some.Time)).Guest.Then(
            new VmReport.Gone());
        var reconciliation = Reconciliation([Vm("vm-hand"), Vm("vm-1", given)], given) with { IsDedicated = true };
        Assert.Equal(["vm-1"], reconciliation.Reconcile().ToDestroy);
    }

    [Fact]
    public void A_vm_without_a_label_is_destroyed_only_on_a_dedicated_account_and_past_its_grace()
    {
        var reconciliation = Reconciliation(
            [Vm("old", made: Now - VmReconciliation.Grace), Vm("young", made: Now - VmReconciliation.Grace + TimeSpan.FromSeconds(1))]);
        Assert.Equal(["old"], (reconciliation with { IsDedicated = true }).Reconcile().ToDestroy);
        Assert.Equal(["old"], reconciliation.Reconcile().Unclaimed);
        Assert.Empty(reconciliation.Reconcile().ToDestroy);
    }

    [Fact]
    public void A_vm_with_somebody_elses_label_is_theirs()
    {
        var labelled = new ListedVm("vm-1", null, null, Some.Time) { IsLabelled = true };
        var found = (Reconciliation([labelled]) with { IsDedicated = true }).Reconcile();
        Assert.Empty(found.Unclaimed);
        Assert.Empty(found.ToDestroy);
    }

    [Fact]
    public void Another_couchs_vms_are_never_touched_and_prove_that_the_account_is_not_dedicated()
    {
        var guest = Gone(Running());
        var found = (Reconciliation([Vm("theirs", guest, "another-couch"), Vm("leftover")], guest) with { IsDedicated = true,
            DestroysUnknown = true }).Reconcile();
        Assert.Empty(found.ToDestroy);
        Assert.Equal([SafetyHold.SharedAccount], found.Holds);
    }

    [Fact]
    public void A_claim_for_a_guest_that_nobody_knows_means_an_older_database_and_nothing_is_destroyed_until_somebody_says_so()
    {
        var reconciliation = Reconciliation([Vm("vm-1", Running()), Vm("leftover")]) with { IsDedicated = true };
        Assert.Empty(reconciliation.Reconcile().ToDestroy);
        Assert.Equal([SafetyHold.UnknownGuests], reconciliation.Reconcile().Holds);
        Assert.Equal(["vm-1", "leftover"], (reconciliation with { DestroysUnknown = true }).Reconcile().ToDestroy);
    }

    [Theory]
    [InlineData(100, 3, false)]
    [InlineData(3, 3, false)]
    [InlineData(40, 4, false)]
    [InlineData(39, 4, true)]
    [InlineData(5, 5, true)]
    public void When_more_than_three_and_more_than_a_tenth_vanish_at_once_nobody_is_doubted(int running, int vanished, bool isHeld)
    {
        var guests = Enumerable.Range(0, running).Select(number => Running($"vm-{number}")).ToArray();
        var found = Reconciliation([.. guests.Skip(vanished).Select(guest => Vm(guest.Vm.Id!, guest))], guests).Reconcile();
        Assert.Equal(vanished, found.Vanished.Count);
        Assert.Equal(isHeld ? [SafetyHold.ManyVanished] : [], found.Holds);
        Assert.Equal(isHeld ? 0 : vanished, found.ToVerify.Count);
    }

    [Fact]
    public void A_dead_vm_has_vanished_and_one_that_is_listed_again_is_looked_at_too()
    {
        var (dies, returns) = (Running(), Running("vm-2").Then(new VmReport.Looked("vm-2", false)));
        var found = Reconciliation([Vm("vm-1", dies) with { IsDead = true }, Vm("vm-2", returns)], dies, returns).Reconcile();
        Assert.Equal([dies.Id.Value], found.Vanished);
        Assert.Equal([returns.Id.Value], found.Returned);
        Assert.Equal([dies.Id.Value, returns.Id.Value], found.ToVerify);
    }

    [Fact]
    public void A_vm_that_came_after_the_list_and_a_guest_of_another_host_are_not_missed()
    {
        var elsewhere = Running("vm-2");
        var found = (Reconciliation([], Running(), elsewhere with { Vm = elsewhere.Vm with { Host = "docker" } }) with
        {
            At = Some.Time.AddSeconds(5),
        }).Reconcile();
        Assert.Empty(found.Vanished);
        Assert.Empty((Reconciliation([], elsewhere with { Vm = elsewhere.Vm with { Host = "docker" } })).Reconcile().Vanished);
    }

    [Fact]
    public void Without_a_list_nothing_is_said_of_vms_and_resting_guests_are_woken_all_the_same()
    {
        var (running, ordered, ending) = (Running(), Ordered(), Killed(Running("vm-2")));
        var found = (Reconciliation(null, running, ordered, ending) with { InMemory = new HashSet<string>(), IsDedicated = true })
            .Reconcile();
        Assert.Equal([ordered.Id.Value, ending.Id.Value], found.Stuck);
        Assert.Equal([running.Id.Value], found.Unmetered);
        Assert.Empty(found.ToDestroy.Concat(found.ToVerify));
    }

    [Fact]
    public void Nobody_is_woken_where_nobody_can_say_who_rests_and_nobody_before_its_own_reminder_could()
    {
        var guests = new[] { Running(), Ordered(), Killed(Running("vm-2")) };
        var asleep = Reconciliation(null, guests) with { InMemory = null };
        Assert.Empty(asleep.Reconcile().Stuck.Concat(asleep.Reconcile().Unmetered));
        var early = Reconciliation(null, guests) with { InMemory = new HashSet<string>(), At = Some.Time.AddSeconds(59) };
        Assert.Empty(early.Reconcile().Stuck.Concat(early.Reconcile().Unmetered));
    }

    [Fact]
    public void As_a_node_starts_what_nobody_has_in_memory_is_given_no_time()
    {
        var guests = new[] { Running(), Ordered(), Killed(Running("vm-2")) };
        var started = Reconciliation(null, guests) with { At = Some.Time, IsAtStart = true };
        Assert.Empty(started.Reconcile().Stuck.Concat(started.Reconcile().Unmetered));
        var found = (started with { InMemory = new HashSet<string>() }).Reconcile();
        Assert.Equal([guests[1].Id.Value, guests[2].Id.Value], found.Stuck);
        Assert.Equal([guests[0].Id.Value], found.Unmetered);
    }
}
