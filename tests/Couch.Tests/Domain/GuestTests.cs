using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Tests.Support;
using CsCheck;
using Xunit;

namespace Couch.Tests.Domain;

public sealed class GuestTests
{
    private static readonly DateTimeOffset Now = Some.Time;

    private static readonly Actor Meter = new() { Name = "meter" };

    private static Guest Running() => Assert.IsType<ActivateOutcome.Activated>(Some.Guest().Activate("vm-1", "http://vm", Now)).Guest;

    [Fact]
    public void A_guest_past_its_time_is_expired_at_that_time_whatever_is_written()
    {
        var overdue = Running().AsOf(Now.AddHours(100));
        Assert.Equal((GuestStatus.Expired, EndReason.Expired, Now.AddHours(72)), (overdue.Status, overdue.EndReason, overdue.StoppedAt));
    }

    [Fact]
    public void Only_a_provisioning_guest_can_be_activated()
    {
        Assert.Equal(new ActivateOutcome.NotProvisioning(GuestStatus.Running), Running().Activate("vm-2", "http://other", Now));
        Assert.Equal(new ActivateOutcome.NotProvisioning(GuestStatus.Expired), Some.Guest().Activate("vm", "http://vm", Now.AddHours(72)));
    }

    [Fact]
    public void The_kill_switch_works_while_provisioning_and_while_running()
    {
        foreach (var guest in new[] { Some.Guest(), Running() })
        {
            var killed = Assert.IsType<EndOutcome.Ended>(guest.Kill(Now)).Guest;
            Assert.Equal((GuestStatus.Revoked, EndReason.Killed, Now), (killed.Status, killed.EndReason, killed.StoppedAt));
        }
    }

    [Fact]
    public void An_ended_guest_never_moves_again()
    {
        var ended = Assert.IsType<EndOutcome.Ended>(Running().CheckOut(Now)).Guest;
        Assert.Equal((GuestStatus.Stopped, EndReason.CheckedOut), (ended.Status, ended.EndReason));
        Assert.Equal(new EndOutcome.AlreadyEnded(ended), ended.Kill(Now));
        Assert.Equal(new ExtendOutcome.AlreadyEnded(GuestStatus.Stopped), ended.Extend(1, Now));
        Assert.Same(ended, ended.AsOf(Now.AddHours(1000)));
    }

    [Fact]
    public void An_overdue_guest_cannot_be_killed_it_has_expired()
    {
        var overdue = Assert.IsType<EndOutcome.AlreadyEnded>(Running().Kill(Now.AddHours(72)));
        Assert.Equal(GuestStatus.Expired, overdue.Guest.Status);
    }

    [Fact]
    public void A_kill_repeated_under_its_key_gives_the_same_guest_for_a_day_and_under_another_key_or_none_is_told_that_it_is_over()
    {
        var (key, other) = (Idempotency.Of(Meter, "delete", "key"), Idempotency.Of(Meter, "delete", "other"));
        var killed = Assert.IsType<EndOutcome.Ended>(Running().Kill(Now, Meter, key)).Guest;

        Assert.Same(killed, Assert.IsType<EndOutcome.Ended>(killed.Kill(Now.AddHours(24).AddTicks(-1), Meter, key)).Guest);
        Assert.Equal(killed, Assert.IsType<EndOutcome.Ended>(Some.Stored(killed).Kill(Now, Meter, key)).Guest);
        Assert.IsType<EndOutcome.AlreadyEnded>(killed.Kill(Now.AddHours(24), Meter, key));
        Assert.IsType<EndOutcome.AlreadyEnded>(killed.Kill(Now, Meter, other));
        Assert.IsType<EndOutcome.AlreadyEnded>(killed.Kill(Now, Meter));
        Assert.IsType<EndOutcome.AlreadyEnded>(Assert.IsType<EndOutcome.Ended>(Running().CheckOut(Now)).Guest.Kill(Now, Meter, key));
    }

    [Fact]
    public void A_kill_that_came_too_late_ended_nobody_and_its_key_repeats_nothing()
    {
        var running = Running();
        var key = Idempotency.Of(Meter, "delete", "key");
        var expired = running.ExpireInsteadOf(Assert.IsType<EndOutcome.Ended>(running.Kill(Now, Meter, key)).Guest);

        Assert.Null(expired.EndedWith);
        Assert.IsType<EndOutcome.AlreadyEnded>(expired.Kill(Now, Meter, key));
    }

    [Fact]
    public void Extending_moves_the_end_and_the_limit_together()
    {
        var extended = Assert.IsType<ExtendOutcome.Extended>(Running().Extend(1.5, Now)).Guest;
        Assert.Equal(Now.AddHours(73.5), extended.ExpiresAt);
        Assert.Equal(73.5, extended.ResourceLimits.MaxDurationHours);
    }

    [Fact]
    public void A_stay_is_never_longer_than_720_hours()
    {
        Assert.IsType<ExtendOutcome.Extended>(Running().Extend(720 - 72, Now));
        Assert.IsType<ExtendOutcome.TooLong>(Running().Extend(720 - 72 + 0.001, Now));
    }

    [Fact]
    public void However_a_stay_is_extended_its_limit_stays_within_the_bound() =>
        Gen.Double[0.0001, 100].Array[1, 30].Sample(hours =>
        {
            var guest = Running();
            foreach (var more in hours)
                guest = guest.Extend(more, Now) is ExtendOutcome.Extended extended ? extended.Guest : guest;
            return guest.ResourceLimits.MaxDurationHours <= 720 && guest.ExpiresAt <= guest.CreatedAt.AddHours(720);
        });

    [Fact]
    public void Counters_never_go_down_and_a_field_left_out_keeps_its_value()
    {
        var first = Running().Report(new() { CpuSeconds = 10, TokensUsed = 5 }, Now).Guest;
        var second = first.Report(new() { CpuSeconds = 3, MemoryPeakMB = 100 }, Now).Guest;
        Assert.Equal(new ResourceUsage { CpuSeconds = 10, TokensUsed = 5, MemoryPeakMB = 100 }, second.ResourceUsage);
    }

    [Fact]
    public void A_guest_over_a_limit_is_stopped_and_the_detail_names_the_limits()
    {
        var over = Running().Report(new() { TokensUsed = 50_000_001, DiskUsedGB = 21.5 }, Now);
        Assert.True(over.NewlyExceeded);
        Assert.Equal((GuestStatus.Stopped, EndReason.LimitsExceeded), (over.Guest.Status, over.Guest.EndReason));
        Assert.Equal("tokens: 50000001/50000000; disk: 21.5GB/20GB", over.Guest.EndDetail);
    }

    [Fact]
    public void Whoever_killed_a_guest_or_reported_it_over_a_limit_is_kept_and_nobody_where_nobody_did()
    {
        Assert.Equal(Meter, Assert.IsType<EndOutcome.Ended>(Running().Kill(Now, Meter)).Guest.EndedWith);
        Assert.Equal(Meter, Running().Report(new() { TokensUsed = 50_000_001 }, Now, Meter).Guest.EndedWith);

        Guest[] endedByNobody =
        [
            Running().Report(new() { TokensUsed = 50_000_001 }, Now).Guest,
            Running().Report(new() { TokensUsed = 7 }, Now, Meter).Guest,
            Running().Report(new() { TokensUsed = 50_000_001 }, Now.AddHours(72), Meter).Guest,
            Some.Guest(enforcement: Enforcement.Report).Report(new() { TokensUsed = 50_000_001 }, Now, Meter).Guest,
            Assert.IsType<EndOutcome.Ended>(Running().CheckOut(Now)).Guest.Report(new() { TokensUsed = 50_000_001 }, Now, Meter).Guest,
        ];
        Assert.All(endedByNobody, guest => Assert.Null(guest.EndedWith));
    }

    [Fact]
    public void Under_report_a_guest_over_a_limit_stays_and_is_named_once_a_limit()
    {
        var first = Some.Guest(enforcement: Enforcement.Report).Report(new() { TokensUsed = 50_000_001 }, Now);
        var second = first.Guest.Report(new() { TokensUsed = 50_000_002 }, Now);
        var third = second.Guest.Report(new() { MemoryPeakMB = 5000 }, Now);
        Assert.Equal((true, false, true), (first.NewlyExceeded, second.NewlyExceeded, third.NewlyExceeded));
        Assert.Equal(GuestStatus.Provisioning, third.Guest.Status);
    }

    [Fact]
    public void A_report_after_the_end_is_recorded_and_changes_no_status()
    {
        var killed = Assert.IsType<EndOutcome.Ended>(Running().Kill(Now)).Guest;
        var late = killed.Report(new() { TokensUsed = 60_000_000 }, Now.AddHours(1)).Guest;
        Assert.Equal(GuestStatus.Revoked, late.Status);
        Assert.Equal(["tokens: 60000000/50000000"], late.Violations);
    }

    [Theory]
    [InlineData(200, 0, 0, 0, 0, "tokens: 200/100")]
    [InlineData(0, 5, 0, 0, 0, "disk: 5GB/1GB")]
    [InlineData(0, 0, 2, 0, 0, "network: 2GB/1GB")]
    [InlineData(0, 0, 0, 7200, 0, "duration: 2.0h/1h")]
    [InlineData(0, 0, 0, 0, 5000, "memory: 5000MB/4096MB")]
    [InlineData(0, 1e15, 0, 0, 0, "disk: 1000000000000000GB/1GB")]
    public void Violations_are_spelled_as_the_protocol_spells_them(
        long tokens, double disk, double network, double uptime, double memory, string violation)
    {
        var limits = ResourceLimits.Default with { MaxTokenBudget = 100, MaxDiskGB = 1, MaxNetworkEgressGB = 1, MaxDurationHours = 1 };
        var usage = new ResourceUsage { TokensUsed = tokens, DiskUsedGB = disk, NetworkEgressGB = network, UptimeSeconds = uptime,
            MemoryPeakMB = memory };
        Assert.Equal([violation], usage.Violations(limits));
    }

    [Fact]
    public void Usage_at_the_limit_violates_nothing() =>
        Assert.Empty(new ResourceUsage { TokensUsed = 50_000_000, UptimeSeconds = 72 * 3600 }.Violations(ResourceLimits.Default));

    [Fact]
    public void A_row_reads_back_equal_to_what_was_written()
    {
        var guest = Running().Report(new() { CpuSeconds = 0.1 + 0.2, MemoryPeakMB = 5e-324, UptimeSeconds = 1e300 }, Now).Guest;
        Assert.Equal(guest, Some.Stored(guest));
    }
}
