using Couch.Domain.Guests;
using Couch.Domain.Keys;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using CsCheck;
using Xunit;

namespace Couch.Tests.Domain;

/// <summary>The VM's own track, step by step, with every report early, late and twice.</summary>
public sealed class VmTrackTests
{
    private const int MostAttempts = 3;
    private static readonly DateTimeOffset Now = Some.Time;

    private static Guest Ordered() => Some.Guest().OrderVm("vers", Now);

    private static Guest Booting() => Ordered().Then(new VmReport.Made(1, "vm-1", "https://vm-1"));

    private static Guest Ready() => Booting().Then(new VmReport.Ready("vm-1"));

    private static Guest Killed(Guest guest) => Assert.IsType<EndOutcome.Ended>(guest.Kill(Now)).Guest;

    [Fact]
    public void A_vm_that_is_made_and_seen_ready_makes_its_guest_run()
    {
        var ready = Ready();
        Assert.Equal((GuestStatus.Running, "vm-1", "https://vm-1"), (ready.Status, ready.VmId, ready.AgentEndpoint));
        Assert.Equal((VmState.Ready, Now), (ready.Vm.State, ready.Vm.ReadyAt));
    }

    [Fact]
    public void A_result_of_an_older_attempt_is_no_result()
    {
        var second = Ordered().Then(new VmReport.Failed(1, "busy", false)).Begin(Now);
        Assert.Same(second, second.Then(new VmReport.Made(1, "vm-old", "https://vm-old")));
        Assert.Same(second, second.Then(new VmReport.Failed(1, "busy", true)));
        Assert.Equal("vm-2", second.Then(new VmReport.Made(2, "vm-2", "https://vm-2")).Vm.Id);
    }

    [Fact]
    public void A_failed_attempt_waits_before_the_next_and_the_last_one_ends_the_stay_in_the_providers_words()
    {
        var guest = Ordered();
        for (var attempt = 1; attempt < MostAttempts; attempt++)
        {
            guest = guest.Then(new VmReport.Failed(attempt, "busy", false));
            Assert.IsType<VmStep.Wait>(guest.NextStep(Now));
            guest = guest.Begin(Now);
        }

        var ended = guest.Then(new VmReport.Failed(MostAttempts, "still busy", false));
        Assert.Equal((GuestStatus.Stopped, EndReason.ProvisioningFailed, "still busy"), (ended.Status, ended.EndReason, ended.EndDetail));
        Assert.IsType<VmStep.Release>(ended.NextStep(Now));
    }

    [Fact]
    public void An_answer_that_cannot_change_ends_the_stay_at_once() =>
        Assert.Equal(GuestStatus.Stopped, Ordered().Then(new VmReport.Failed(1, "no such commit", true)).Status);

    [Fact]
    public void A_vm_that_dies_while_it_boots_is_another_failed_attempt() =>
        Assert.Equal((VmState.Requested, null), (Booting().Then(new VmReport.Failed(1, "dead", false)).Vm.State,
            Booting().Then(new VmReport.Failed(1, "dead", false)).Vm.Id));

    [Fact]
    public void Every_end_from_every_state_asks_for_destruction_at_once()
    {
        foreach (var guest in new[] { Ordered(), Ordered().Then(new VmReport.Failed(1, "busy", false)), Booting(), Ready() })
        {
            var late = guest.AsOf(guest.ExpiresAt);
            foreach (var ended in new[] { Killed(guest), Assert.IsType<EndOutcome.Ended>(guest.CheckOut(Now)).Guest, late })
            {
                Assert.Equal((VmState.Destroying, ended.StoppedAt), (ended.Vm.State, ended.Vm.DestroyRequestedAt));
                Assert.Equal(new VmStep.Release(guest.Vm.Id, null), ended.NextStep(ended.StoppedAt!.Value));
            }
        }
    }

    [Fact]
    public void A_vm_made_after_the_end_is_not_taken_for_the_guests() =>
        Assert.Null(Killed(Ordered()).Then(new VmReport.Made(1, "vm-1", "https://vm-1")).VmId);

    [Fact]
    public void Destruction_is_never_given_up_and_the_receipt_is_given_once()
    {
        var ended = Killed(Ready());
        for (var i = 0; i < 50; i++)
            ended = ended.Then(new VmReport.NotGone("down"));
        Assert.IsType<VmStep.Wait>(ended.NextStep(Now));
        Assert.IsType<VmStep.Release>(ended.NextStep(Now.AddSeconds(60)));

        var gone = ended.Then(new VmReport.Gone());
        Assert.Equal((VmState.Destroyed, Now), (gone.Vm.State, gone.Vm.DestroyedAt));
        Assert.Same(gone, gone.Observe(new VmReport.Gone(), MostAttempts, Now.AddHours(1), 0));
        Assert.IsType<VmStep.Rest>(gone.NextStep(Now));
    }

    [Fact]
    public void After_a_create_of_unknown_outcome_a_list_of_before_the_wait_is_no_receipt_however_late_it_is_told()
    {
        var killed = Killed(Some.Guest().OrderVm("vers", Now)).LoseAttempt(isExact: false);
        var once = killed.Observe(new VmReport.Gone { Began = Now }, MostAttempts, Now, 0);
        var later = Now + VmTrack.ListsLag;

        var late = once.Observe(new VmReport.Gone { Began = Now.AddSeconds(1) }, MostAttempts, later.AddSeconds(1), 0);
        Assert.Null(late.Vm.DestroyedAt);
        Assert.IsType<VmStep.Release>(late.NextStep(later.AddSeconds(1)));

        Assert.NotNull(late.Observe(new VmReport.Gone { Began = later }, MostAttempts, later.AddSeconds(1), 0).Vm.DestroyedAt);
    }

    [Fact]
    public void Two_direct_not_founds_a_minute_apart_and_no_fewer_lose_a_running_guests_vm()
    {
        var missing = Ready().Then(new VmReport.Looked("vm-1", false));
        Assert.Equal(GuestStatus.Running, missing.Observe(new VmReport.Looked("vm-1", false), MostAttempts, Now.AddSeconds(59), 0).Status);
        Assert.Null(missing.Observe(new VmReport.Looked("vm-1", true), MostAttempts, Now.AddSeconds(59), 0).Vm.MissingSince);

        var lost = missing.Observe(new VmReport.Looked("vm-1", false), MostAttempts, Now.AddSeconds(60), 0);
        Assert.Equal((GuestStatus.Stopped, EndReason.VmLost, VmState.Lost), (lost.Status, lost.EndReason, lost.Vm.State));
        Assert.IsType<VmStep.Release>(lost.NextStep(Now.AddSeconds(60)));
    }

    [Fact]
    public void A_guest_activated_by_hand_has_its_own_vm_released_and_the_given_one_at_its_end()
    {
        var given = Assert.IsType<ActivateOutcome.Activated>(Booting().Activate("by-hand", "http://hand", Now)).Guest;
        Assert.Equal(new VmStep.Release("vm-1", new("by-hand", GivenVmFate.Kept)), given.NextStep(Now));

        Assert.Equal(new VmStep.Release("vm-1", new("by-hand", GivenVmFate.Destroyed)), Killed(given).NextStep(Now));

        var released = given.Then(new VmReport.Gone());
        Assert.Equal((GuestStatus.Running, "by-hand", VmState.None), (released.Status, released.VmId, released.Vm.State));
        Assert.Equal(new VmStep.Release(null, new("by-hand", GivenVmFate.Destroyed)), Killed(released).NextStep(Now));
    }

    [Fact]
    public void A_guest_that_is_given_its_own_vm_by_hand_keeps_it_as_its_own()
    {
        var given = Assert.IsType<ActivateOutcome.Activated>(Booting().Activate("VM-1", "http://hand", Now)).Guest;
        Assert.Equal((GuestStatus.Running, VmState.Ready, Now), (given.Status, given.Vm.State, given.Vm.ReadyAt));
        Assert.IsType<VmStep.Rest>(given.NextStep(Now));
        Assert.Equal(new VmStep.Release("vm-1", null), Killed(given).NextStep(Now));
    }

    [Fact]
    public void Without_a_provider_a_given_vm_is_left_at_every_end_and_a_guest_without_one_has_none()
    {
        var given = Assert.IsType<ActivateOutcome.Activated>(Some.Guest().Activate("by-hand", "http://hand", Now)).Guest;
        var late = given with { ExpiresAt = Now };
        foreach (var end in new[] { Killed(given), given.AsOf(given.ExpiresAt), Assert.IsType<EndOutcome.Ended>(given.CheckOut(Now)).Guest,
            late.ExpireInsteadOf(Killed(given)), late.ExpireInsteadOf(given) })
        {
            Assert.Equal(new Vm { State = VmState.Left }, end.Vm);
            Assert.IsType<VmStep.Rest>(end.NextStep(Now));
            Assert.True(end.IsPast(end.StoppedAt!.Value));
        }

        Assert.Equal(Vm.None, Killed(Some.Guest()).Vm);
    }

    [Fact]
    public void A_given_vm_that_may_not_be_destroyed_is_left_without_a_receipt_and_that_is_an_end()
    {
        foreach (var guest in new[] { Ordered(), Booting() })
        {
            var given = Assert.IsType<ActivateOutcome.Activated>(guest.Activate("by-hand", "http://hand", Now, Guests)).Guest;
            foreach (var end in new[] { Killed(given), given.AsOf(given.ExpiresAt),
                Assert.IsType<EndOutcome.Ended>(given.CheckOut(Now)).Guest })
            {
                Assert.Equal(
                    new VmStep.Release(guest.Vm.Id, new("by-hand", GivenVmFate.LeftUnlessClaimed)), end.NextStep(end.StoppedAt!.Value));
                var left = end.Then(new VmReport.Gone { LeavesGiven = true });
                Assert.Equal((VmState.Left, null), (left.Vm.State, left.Vm.DestroyedAt));
                Assert.IsType<VmStep.Rest>(left.NextStep(Now));
                Assert.Null(left.NextMoment(Now, TimeSpan.FromMinutes(1)));
                Assert.False(GuestVm.Of(left).IsOpen);
                Assert.True(left.IsPast(left.StoppedAt!.Value));
                Assert.Same(left, left.Then(new VmReport.Gone()));
                Assert.Same(left, left.Then(new VmReport.NotGone("down")));

                Assert.Equal(VmState.Destroyed, end.Then(new VmReport.Gone()).Vm.State);
            }
        }
    }

    private static Actor Guests { get; } = new() { KeyId = HostKeyId.New(Now, Some.Random), Name = "guests" };

    private static HostKey KeyOf(Actor actor, params KeyScope[] scopes) =>
        new() { Id = actor.KeyId!.Value, Name = actor.Name, Scopes = KeyScopes.Of(scopes), CreatedWith = Actor.Configured };

    public static TheoryData<string, bool> Givers => new()
    {
        { "configured", true }, { "loopback", true }, { "with vms", true }, { "without vms", false }, { "without its row", false },
        { "with another key's row", false }, { "revoked", false }, { "out of time", false },
    };

    [Theory]
    [MemberData(nameof(Givers))]
    public void Only_the_row_of_a_good_key_with_the_scope_says_that_its_holder_may_have_a_given_vm_destroyed(string giver, bool may)
    {
        var key = KeyOf(Guests, KeyScope.Guests, KeyScope.Vms);
        var (by, row) = giver switch
        {
            "configured" => (Actor.Configured, null),
            "loopback" => (Actor.Loopback, null),
            "with vms" => (Guests, key),
            "without vms" => (Guests, KeyOf(Guests, KeyScope.Guests, KeyScope.Keys, KeyScope.Invites, KeyScope.Meter)),
            "without its row" => (Guests, (HostKey?)null),
            "with another key's row" => (Guests, key with { Id = HostKeyId.New(Now, Some.Random) }),
            "revoked" => (Guests, key.Revoke(Actor.Configured, Now)),
            _ => (Guests, key with { ExpiresAt = Now }),
        };
        var given = Assert.IsType<ActivateOutcome.Activated>(Some.Guest().Activate("vm-1", "http://vm", Now, by, row)).Guest;
        Assert.Equal((may, may), (given.GiverMayDestroy, given.MayDestroyGivenVm));
    }

    [Fact]
    public void A_row_from_before_givers_were_asked_is_as_the_original_where_no_made_key_gave_the_vm()
    {
        var before = Some.Guest() with { Status = GuestStatus.Running, VmId = "vm-1" };
        Assert.True(before.MayDestroyGivenVm);
        Assert.True((before with { ActivatedWith = Actor.Configured }).MayDestroyGivenVm);
        Assert.False((before with { ActivatedWith = Guests }).MayDestroyGivenVm);
    }

    [Fact]
    public void Retries_begin_within_two_seconds_double_and_stop_at_a_minute() =>
        Gen.Select(Gen.Int[1, 100], Gen.Double[0, 0.999]).Sample((failures, chance) =>
        {
            var wait = VmRetries.After(failures, chance);
            var full = Math.Min(2 * Math.Pow(2, failures - 1), 60);
            return wait.TotalSeconds >= full / 2 - 0.001 && wait.TotalSeconds <= full + 0.001;
        });

    [Fact]
    public void A_provider_that_asks_to_be_left_alone_is_left_alone_for_that_long_within_bounds()
    {
        var retryAfter = TimeSpan.FromSeconds(90);
        var refused = Ordered().Then(new VmReport.Failed(1, "too many", false) { RetryAfter = retryAfter });
        Assert.InRange(refused.Vm.NotBefore!.Value - Now, retryAfter, retryAfter * 1.25);

        var ending = Killed(Ready()).Then(new VmReport.NotGone("too many") { RetryAfter = TimeSpan.FromHours(1) });
        Assert.InRange(ending.Vm.NotBefore!.Value - Now, VmRetries.LongestRetryAfter, VmRetries.LongestRetryAfter * 1.25);

        var hurried = Ordered().Then(new VmReport.Failed(1, "busy", false) { RetryAfter = TimeSpan.Zero });
        Assert.Equal(VmRetries.After(1, 0.5), hurried.Vm.NotBefore!.Value - Now);
    }

    [Fact]
    public void Where_a_claim_may_be_out_there_nothing_is_made_until_a_list_can_be_believed_to_show_none()
    {
        var doubtful = Ordered().Then(new VmReport.Failed(1, "no answer", false) { MayHaveMade = true, MayBeClaimed = true });
        Assert.Equal((GuestStatus.Provisioning, 1), (doubtful.Status, doubtful.Vm.Unaccounted));

        var looking = doubtful.Begin(Now.AddSeconds(2));
        Assert.Equal(VmTry.Find, looking.Vm.UnderWay);
        // The list was not to be had: that is not a look.
        looking = looking.Then(new VmReport.Failed(2, "down", false)).Begin(Now.AddSeconds(9));
        Assert.Equal(VmTry.Find, looking.Vm.UnderWay);
        var looked = looking.Observe(new VmReport.NotFound(3), MostAttempts, Now.AddSeconds(10), 0.5);
        Assert.Equal(new VmStep.Wait(Now.AddSeconds(10) + VmTrack.ListsLag), looked.NextStep(Now.AddSeconds(10)));

        var making = looked.Begin(Now.AddSeconds(10) + VmTrack.ListsLag);
        Assert.Equal((VmTry.Make, 1), (making.Vm.UnderWay, making.Vm.Unaccounted));
        Assert.Equal(1, making.Then(new VmReport.Made(4, "vm-1", "https://vm-1")).Then(new VmReport.Ready("vm-1")).Vm.Unaccounted);
    }

    [Fact]
    public void A_create_of_unknown_outcome_that_claimed_nothing_is_not_waited_for_and_after_two_there_is_no_third()
    {
        var second = Ordered().Then(new VmReport.Failed(1, "no answer", false) { MayHaveMade = true }).Begin(Now.AddSeconds(2));
        Assert.Equal((VmTry.Make, 1), (second.Vm.UnderWay, second.Vm.Unaccounted));
        Assert.Null(Killed(second).Vm.CleanSince);
        var ended = second.Observe(new VmReport.Failed(2, "no answer", false) { MayHaveMade = true }, 100, Now, 0.5);
        Assert.Null(ended.Vm.CleanSince);
        Assert.Equal((GuestStatus.Stopped, EndReason.ProvisioningFailed, 2), (ended.Status, ended.EndReason, ended.Vm.Unaccounted));
        Assert.Equal(
            "no answer. The outcome of 2 creates is unknown, and each may have left a VM: no other is made", ended.EndDetail);
    }

    [Fact]
    public void A_memory_that_was_lost_with_an_attempt_under_way_is_a_create_of_unknown_outcome_unless_the_host_is_exact()
    {
        var lost = Ordered().Begin(Now);
        Assert.Equal((1, VmTry.Find), (lost.Vm.Unaccounted, lost.Vm.UnderWay));
        // A look that is lost has made nothing.
        Assert.Equal((1, VmTry.Find), (lost.Begin(Now).Vm.Unaccounted, lost.Begin(Now).Vm.UnderWay));
        var found = lost.Then(new VmReport.Made(2, "vm-1", "https://vm-1") { IsFound = true });
        Assert.Equal((VmState.Booting, 0), (found.Vm.State, found.Vm.Unaccounted));

        var twice = lost.Then(new VmReport.NotFound(2)).Begin(Now + VmTrack.ListsLag).Begin(Now + VmTrack.ListsLag);
        Assert.Equal((2, VmTry.Find), (twice.Vm.Unaccounted, twice.Vm.UnderWay));
        Assert.Equal(EndReason.ProvisioningFailed, twice.Then(new VmReport.NotFound(4)).EndReason);
        Assert.Equal(VmState.Booting, twice.Then(new VmReport.Made(4, "vm-1", "https://vm-1") { IsFound = true }).Vm.State);

        var exact = Ordered().BeginAttempt(Now, isExact: true);
        Assert.Equal((0, VmTry.Make), (exact.Vm.Unaccounted, exact.Vm.UnderWay));
        // As the version before wrote it.
        var before = Ordered() with { Vm = Ordered().Vm with { UnderWay = null } };
        Assert.Equal((1, VmTry.Find), (before.Begin(Now).Vm.Unaccounted, before.Begin(Now).Vm.UnderWay));
    }

    [Fact]
    public void An_attempt_that_outlives_its_guest_is_accounted_for_when_it_reports_or_is_lost()
    {
        var given = Assert.IsType<ActivateOutcome.Activated>(Ordered().Activate("by-hand", "http://hand", Now)).Guest;
        foreach (var guest in new[] { Killed(Ordered()), given })
        {
            // A list that is behind does not show it yet, so its id is kept.
            var made = guest.Then(new VmReport.Made(1, "vm-1", "https://vm-1"));
            Assert.Equal(("vm-1", 0), (Assert.IsType<VmStep.Release>(made.NextStep(Now)).Own, made.Vm.Unaccounted));
            Assert.Equal((0, null), (guest.Then(new VmReport.Failed(1, "busy", false)).Vm.Unaccounted,
                guest.Then(new VmReport.Failed(1, "busy", false)).Vm.UnderWay));
            Assert.Equal(1, guest.Then(new VmReport.Failed(1, "no answer", false) { MayHaveMade = true }).Vm.Unaccounted);
            Assert.Equal((1, null), (guest.LoseAttempt(isExact: false).Vm.Unaccounted, guest.LoseAttempt(isExact: false).Vm.UnderWay));
            Assert.Equal(0, guest.LoseAttempt(isExact: true).Vm.Unaccounted);
        }

        var known = Killed(Ready());
        Assert.Same(known, known.LoseAttempt(isExact: false));
        // Its own attempt has made the very VM that somebody has given it meanwhile.
        var same = given.Then(new VmReport.Made(1, "BY-HAND", "https://vm-1"));
        Assert.Equal((GuestStatus.Running, VmState.Ready), (same.Status, same.Vm.State));
        Assert.IsType<VmStep.Rest>(same.NextStep(Now));
    }

    [Fact]
    public void After_a_create_of_unknown_outcome_a_receipt_needs_two_clean_lists_far_apart()
    {
        var ended = Killed(Ordered()).Then(new VmReport.Failed(1, "no answer", false) { MayHaveMade = true });
        var once = ended.Then(new VmReport.Gone());
        Assert.Equal((VmState.Destroying, null), (once.Vm.State, once.Vm.DestroyedAt));
        Assert.Equal(new VmStep.Wait(Now + VmTrack.ListsLag), once.NextStep(Now));
        // A crash in between has the list asked for again, which brings the receipt no nearer.
        Assert.Equal(once, once.Observe(new VmReport.Gone(), MostAttempts, Now.AddSeconds(30), 0));

        var later = Now + VmTrack.ListsLag;
        var shown = once.Observe(new VmReport.Gone { HasDestroyed = true }, MostAttempts, later, 0);
        Assert.Equal((null, later + VmTrack.ListsLag), (shown.Vm.DestroyedAt, shown.Vm.NotBefore));
        Assert.Null(once.Observe(new VmReport.NotGone("down"), MostAttempts, later, 0).Observe(new VmReport.Gone(), MostAttempts, later,
            0).Vm.DestroyedAt);

        var gone = once.Observe(new VmReport.Gone(), MostAttempts, later, 0);
        Assert.Equal((VmState.Destroyed, later, 1), (gone.Vm.State, gone.Vm.DestroyedAt, gone.Vm.Unaccounted));
    }

    [Fact]
    public void A_vm_that_did_not_become_ready_is_condemned_and_the_newest_of_those_are_kept()
    {
        var guest = Ordered();
        for (var attempt = 1; attempt <= 20; attempt++)
        {
            guest = guest.Observe(new VmReport.Made(attempt, $"vm-{attempt}", "https://vm"), 100, Now, 0.5)
                .Observe(new VmReport.Failed(attempt, "not ready within 5 minutes", false), 100, Now, 0.5);
            Assert.Contains($"vm-{attempt}", guest.Vm.EachCondemned);
            Assert.Null(guest.Vm.Id);
            guest = guest.Begin(Now);
            Assert.Equal(VmTry.Make, guest.Vm.UnderWay);
        }

        Assert.Equal(8, guest.Vm.EachCondemned.Count);
        Assert.Empty(Ordered().Then(new VmReport.Failed(1, "busy", false)).Vm.EachCondemned);
    }

    [Fact]
    public void Whatever_is_reported_in_whatever_order_an_ended_guest_never_moves_and_a_receipt_is_never_taken_back()
    {
        var report = Gen.OneOf<VmReport>(
            Gen.Int[1, 4].Select(attempt => (VmReport)new VmReport.Made(attempt, $"vm-{attempt}", "https://vm")),
            Gen.Select(Gen.Int[1, 4], Gen.Bool, Gen.Bool, (attempt, isFinal, mayHaveMade) => (VmReport)new VmReport.Failed(attempt, "no",
                isFinal) { MayHaveMade = mayHaveMade, MayBeClaimed = mayHaveMade && attempt % 2 is 0 }),
            Gen.Int[1, 4].Select(attempt => (VmReport)new VmReport.NotFound(attempt)),
            Gen.Int[1, 4].Select(attempt => (VmReport)new VmReport.Ready($"vm-{attempt}")),
            Gen.Select(Gen.Int[1, 4], Gen.Bool, (attempt, isThere) => (VmReport)new VmReport.Looked($"vm-{attempt}", isThere)),
            Gen.Select(Gen.Bool, Gen.Bool, (leaves, hasDestroyed) => (VmReport)new VmReport.Gone { LeavesGiven = leaves,
                HasDestroyed = hasDestroyed }),
            Gen.Const((VmReport)new VmReport.NotGone("down")));
        Gen.Select(report.Array[0, 40], Gen.Bool).Sample((reports, isExact) =>
        {
            var (guest, now, doubt) = (Ordered(), Now, DateTimeOffset.MinValue);
            foreach (var one in reports)
            {
                var before = guest;
                now += TimeSpan.FromSeconds(20);
                guest = guest.Observe(one, MostAttempts, now, 0.5);
                if (guest.NextStep(now) is VmStep.Attempt)
                    guest = guest.BeginAttempt(now, isExact);
                if (!before.IsStaying && (guest.Status, guest.EndReason, guest.StoppedAt) != (before.Status, before.EndReason,
                    before.StoppedAt))
                    return false;
                if (before.Vm.DestroyedAt is not null && guest.Vm != before.Vm)
                    return false;
                if (guest.Status is GuestStatus.Running && guest.VmId is null)
                    return false;
                if (guest.Vm.Unaccounted > before.Vm.Unaccounted)
                    doubt = now;
                if (guest.Vm.Unaccounted > VmTrack.MostUnaccounted + 1
                    || (guest.Vm is { Unaccounted: >= VmTrack.MostUnaccounted, UnderWay: VmTry.Make } && before.Vm.UnderWay is null))
                    return false;
                if (guest.Vm.DestroyedAt == now && guest.Vm.Unaccounted > 0 && now < doubt + VmTrack.ListsLag)
                    return false;
            }

            return true;
        });
    }
}

internal static class VmReports
{
    /// <summary>One more attempt at a host whose list may be behind.</summary>
    public static Guest Begin(this Guest guest, DateTimeOffset now) => guest.BeginAttempt(now, isExact: false);

    public static Guest Then(this Guest guest, VmReport report) => guest.Observe(report, 3, Some.Time, 0.5);
}
