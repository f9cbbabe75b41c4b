using Couch.Cluster.Vms;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>VMs of very many guests wait until the guests' ends are written.</summary>
public sealed class LullTests : IDisposable
{
    private readonly FakeTimeProvider clock = new();
    private readonly Lull lull;

    public LullTests() => lull = new(clock);

    public void Dispose() => lull.Dispose();

    [Fact]
    public void A_few_at_a_time_never_wait_however_long_that_goes_on()
    {
        for (var moment = 0; moment < 100; moment++)
        {
            for (var number = 0; number < Lull.Few; number++)
                Assert.True(lull.Wait().IsCompleted);
            clock.Advance(Lull.Moment);
        }
    }

    [Fact]
    public void A_crowd_waits_until_few_more_arrive()
    {
        Arrive(Lull.Few);
        var first = lull.Wait();
        for (var moment = 0; moment < 20; moment++)
        {
            Arrive(Lull.Few + 1);
            clock.Advance(Lull.Moment);
            Assert.False(first.IsCompleted);
        }

        var last = lull.Wait();
        Arrive(Lull.Few - 1);
        clock.Advance(Lull.Moment);

        Assert.True(first.IsCompleted);
        Assert.True(last.IsCompleted);
        Assert.True(lull.Wait().IsCompleted);
    }

    [Fact]
    public void None_waits_for_ever_however_many_arrive()
    {
        Arrive(Lull.Few);
        var first = lull.Wait();

        for (var waited = TimeSpan.Zero; waited < Lull.Longest; waited += Lull.Moment)
        {
            Assert.False(first.IsCompleted);
            Arrive(10 * Lull.Few);
            clock.Advance(Lull.Moment);
        }

        Assert.True(first.IsCompleted);
    }

    private void Arrive(int count)
    {
        for (var number = 0; number < count; number++)
            _ = lull.Wait();
    }
}
