using System.Globalization;
using Couch.Cluster.Membership;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Cluster;

public sealed class NodeLeaseTests
{
    private readonly FakeTimeProvider clock = new();

    [Fact]
    public void Nobody_answers_before_the_first_confirmation() => Assert.False(new NodeLease(clock).Holds);

    [Fact]
    public void A_confirmation_counts_from_when_it_was_asked_for_and_not_from_when_it_came()
    {
        var lease = new NodeLease(clock);
        var asked = lease.Now;
        clock.Advance(TimeSpan.FromSeconds(1));
        lease.Renew(asked);

        clock.Advance(NodeLease.Duration - TimeSpan.FromSeconds(1) - TimeSpan.FromMilliseconds(1));
        Assert.True(lease.Holds);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(lease.Holds);
        Assert.Throws<NotConfirmedException>(lease.Demand);
    }

    [Fact]
    public void Whoever_is_declared_dead_answers_no_more()
    {
        var lease = new NodeLease(clock);
        lease.Renew(lease.Now);
        lease.End();
        Assert.False(lease.Holds);
    }

    [Fact]
    public void Whoever_has_no_peers_always_answers() => Assert.True(NodeLease.Unlimited.Holds);

    /// <summary>The kernel's own word for it: the seconds since the machine was started, suspended ones included.</summary>
    [Fact]
    public void The_clock_of_leases_counts_from_the_machines_start()
    {
        if (!OperatingSystem.IsLinux())
            return;

        var boot = new BootClock();
        var before = Uptime();
        var now = boot.GetTimestamp() / (double)boot.TimestampFrequency;
        Assert.InRange(now, before - 0.02, Uptime() + 0.02);
    }

    private static double Uptime() => double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
}
