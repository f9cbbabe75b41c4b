using System.Net;
using Couch.Gateway.Access;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>Addresses are counted in a table that does not grow.</summary>
public sealed class AddressCountsTests
{
    private const int Most = 3;

    private readonly FakeTimeProvider clock = new();

    [Fact]
    public void A_minute_begins_anew_for_each_address()
    {
        var counts = new AddressCounts(clock);
        var client = Client(1);
        Assert.Equal(Most, Enumerable.Range(0, 10).Count(_ => counts.TryCount(client, Most, out var _)));

        clock.Advance(TimeSpan.FromSeconds(45));
        Assert.False(counts.TryCount(client, Most, out var wait));
        Assert.Equal(TimeSpan.FromSeconds(15), wait);
        Assert.True(counts.TryCount(Client(2), Most, out var _));

        clock.Advance(TimeSpan.FromSeconds(15));
        Assert.True(counts.TryCount(client, Most, out var _));
    }

    [Fact]
    public void A_million_addresses_take_no_more_memory_and_starve_nobody()
    {
        var counts = new AddressCounts(clock);
        var greedy = Client(uint.MaxValue);
        for (var i = 0; i < Most; i++)
            Assert.True(counts.TryCount(greedy, Most, out var _));

        var before = GC.GetAllocatedBytesForCurrentThread();
        var letIn = 0;
        for (uint flooding = 0; flooding < 1_000_000; flooding++)
        {
            counts.TryCount(Client(flooding), Most, out var _);
            // Whoever comes now and then is let in; whoever had enough already is not forgotten.
            if (flooding % 1000 == 0)
            {
                letIn += counts.TryCount(Client(2_000_000 + flooding), Most, out var _) ? 1 : 0;
                Assert.False(counts.TryCount(greedy, Most, out var _));
            }
        }

        Assert.Equal(1000, letIn);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Many_threads_count_each_address_exactly()
    {
        var counts = new AddressCounts(clock);
        var counted = new int[64];
        Parallel.For(0, 64_000, i =>
        {
            if (counts.TryCount(Client((uint)i % 64), 100, out var _))
                Interlocked.Increment(ref counted[i % 64]);
        });

        Assert.All(counted, count => Assert.Equal(100, count));
    }

    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "::192.0.2.1", false)]
    public void One_client_is_an_IPv4_address_or_an_IPv6_network(string one, string other, bool isOne) =>
        Assert.Equal(isOne, ClientAddress.Of(IPAddress.Parse(one)) == ClientAddress.Of(IPAddress.Parse(other)));

    private static ClientAddress Client(uint number) => new(number);
}
