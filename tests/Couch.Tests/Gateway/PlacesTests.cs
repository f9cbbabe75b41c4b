using System.Net;
using Couch.Gateway;
using Couch.Gateway.Connections;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>Who has to go where places are few, and who has not.</summary>
public sealed class PlacesTests : IAsyncDisposable
{
    private const int All = 64;
    private const int Ordinary = All - 8;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider clock = new();
    private readonly Places places;
    private readonly List<string> gone = [];

    public PlacesTests() => places = new(
        new Capacity(All), new HttpOptions { TrustedProxies = [IPNetwork.Parse("192.0.2.0/24")] }, clock, NullLogger<Places>.Instance);

    public ValueTask DisposeAsync()
    {
        places.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Whoever_sends_no_request_is_closed_after_its_time_and_whoever_sent_one_is_not()
    {
        Come("silent");
        var asking = Come("asking");
        asking.Begin();
        asking.End();

        clock.Advance(Places.FirstRequest - TimeSpan.FromSeconds(1));
        Assert.Empty(gone);
        clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(["silent"], gone);
    }

    [Fact]
    public void Silent_ones_go_first_then_idle_ones_then_those_that_send_then_those_that_wait_and_never_who_is_being_served()
    {
        var served = Come("served");
        served.Begin();
        var waiting = Come("waiting");
        waiting.Begin();
        waiting.Waiting(true);
        var sending = Come("sending");
        sending.Begin();
        sending.Receiving(true);
        var idle = Come("idle");
        idle.Begin();
        idle.End();
        var silent = Come("silent");
        clock.Advance(TimeSpan.FromSeconds(5));

        // Each that is full takes two out: a thirty-second of all.
        Fill();
        Come("one more").Begin();
        Assert.Equal(["silent", "idle"], gone);
        Leave(silent, idle);
        Fill();
        Come("one more").Begin();
        Assert.Equal(["silent", "idle", "sending", "waiting"], gone);
        Assert.DoesNotContain("served", gone);
    }

    [Fact]
    public void Of_the_client_with_most_connections_first_and_of_a_trusted_proxy_last()
    {
        for (var i = 0; i < 30; i++)
            Come($"proxy {i}", "192.0.2.1");
        Come("single", "203.0.113.1");
        for (var i = 0; i < Ordinary - 31; i++)
            Come($"many {i}", "198.51.100.1");
        clock.Advance(TimeSpan.FromSeconds(5));

        Come("newcomer", "203.0.113.2");
        Assert.Equal(["many 0", "many 1"], gone);
    }

    [Fact]
    public async Task Where_all_are_being_served_the_last_places_are_kept_and_then_nobody_is_let_in_until_one_has_been()
    {
        var served = Enumerable.Range(0, Ordinary).Select(i => Come($"served {i}")).ToList();
        served.ForEach(each => each.Begin());
        Assert.All(served, each => Assert.False(each.IsOnKeptPlace));
        Assert.False(places.IsCrowded);

        for (var i = Ordinary; i < All; i++)
        {
            var kept = Come($"kept {i}");
            kept.Begin();
            Assert.True(kept.IsOnKeptPlace);
        }

        Assert.True(places.IsCrowded);
        var room = places.WaitForRoom(TestContext.Current.CancellationToken);
        Assert.False(room.IsCompleted);
        Assert.Empty(gone);

        // Its answer is sent, and its place given away: so the door opens once it is closed.
        served[7].End();
        await Until.True(() => Task.FromResult(gone.Count == 1), Soon, "it is told to go");
        Assert.False(room.IsCompleted);
        Leave(served[7]);
        await room.WaitAsync(Soon, TestContext.Current.CancellationToken);
        Assert.Equal(["served 7"], gone);
    }

    private void Fill()
    {
        for (var i = 0; Count < Ordinary; i++)
            Come($"filling {i}").Begin();
    }

    private int Count { get; set; }

    private CountedConnection Come(string name, string from = "203.0.113.9")
    {
        Count++;
        return places.Take(new Peer(name, gone) { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(from), 1) });
    }

    private void Leave(params CountedConnection[] leaving)
    {
        foreach (var each in leaving)
        {
            Count--;
            places.Remove(each);
        }
    }

    /// <summary>A connection that says when it is cut.</summary>
    private sealed class Peer(string name, List<string> gone) : DefaultConnectionContext
    {
        public override void Abort(ConnectionAbortedException abortReason) => gone.Add(name);
    }
}
