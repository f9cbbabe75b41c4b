using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Couch.Client;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Client;

/// <summary>A host follows events, whatever happens to the connection.</summary>
public sealed class FollowingClientTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>
{
    private const string Stream = "text/event-stream";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly CouchClient host = Clients.Of(couch, KeyedCouchHost.Key);

    [Fact]
    public async Task A_cut_connection_costs_no_event_and_repeats_none()
    {
        const int Count = 30;
        await using var proxy = new TcpProxy(couch.Address.Port);
        using var http = Clients.Over(null);
        var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"), KeyedCouchHost.Key, http);
        var seen = new List<string?>();
        var following = Follow();

        for (var turn = 0; turn < Count; turn++)
        {
            if (turn % 10 == 5)
            {
                await Until.True(() => Task.FromResult(seen.Count > turn - 3), Bound, "it follows");
                proxy.GoDead();
            }

            await host.Invites.Create(new() { CreatedBy = "followed", Label = $"{turn}" });
            if (turn % 10 == 8)
                proxy.Heal();
        }

        await following.WaitAsync(Bound);
        Assert.Equal(Enumerable.Range(0, Count).Select(turn => $"{turn}"), seen);

        async Task Follow()
        {
            await foreach (var happened in client.Events.Follow(since: 0, new() { Agent = "followed" }))
            {
                seen.Add(happened.Said("label"));
                if (seen.Count == Count)
                    break;
            }
        }
    }

    [Fact]
    public async Task From_now_on_is_from_now_on_also_where_the_first_connection_is_lost()
    {
        await host.Invites.Create(new() { CreatedBy = "now", Label = "before" });
        await using var proxy = new TcpProxy(couch.Address.Port);
        var recorder = new Recorder();
        using var http = Clients.Over(recorder);
        var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"), KeyedCouchHost.Key, http);
        await using var following = client.Events.Follow(filter: new() { Agent = "now" }).GetAsyncEnumerator();
        var next = following.MoveNextAsync().AsTask();
        await Until.True(
            () => Task.FromResult(recorder.Calls.Any(call => call.Operation == "GET /couch/events/stream")), Bound, "it follows");

        proxy.GoDead();
        await host.Invites.Create(new() { CreatedBy = "now", Label = "meanwhile" });
        proxy.Heal();

        Assert.True(await next.WaitAsync(Bound));
        Assert.Equal("meanwhile", following.Current.Said("label"));
    }

    [Fact]
    public async Task It_ends_where_the_key_is_not_welcome_or_not_any_more()
    {
        var key = await host.Keys.Create(new() { Name = "reader", Scopes = [KeyScope.Events] });
        await using var proxy = new TcpProxy(couch.Address.Port);
        using var http = Clients.Over(null);
        var reader = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"), key.Key.Reveal(), http);
        await using var following = reader.Events.Follow(since: 0).GetAsyncEnumerator();
        Assert.True(await following.MoveNextAsync());

        await host.Keys.Revoke(key.Id);
        proxy.GoDead();
        proxy.Heal();
        await Assert.ThrowsAsync<CouchUnauthorizedException>(async () =>
        {
            // What had come before the connection was cut is still read.
            while (await following.MoveNextAsync().AsTask().WaitAsync(Bound))
            {
            }
        });

        var meter = await host.Keys.Create(new() { Name = "meter", Scopes = [KeyScope.Meter] });
        await Assert.ThrowsAsync<CouchForbiddenException>(
            () => Clients.Of(couch, meter.Key.Reveal()).Events.Follow(since: 0).ToList());
    }

    [Fact]
    public async Task It_ends_where_it_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        await using var following = host.Events.Follow(filter: new() { Agent = "nobody" }, cancel: cancel.Token).GetAsyncEnumerator();
        var next = following.MoveNextAsync().AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Bound));
    }

    [Fact]
    public async Task A_couch_that_is_not_there_at_the_beginning_is_told()
    {
        using var stub = new StubCouch();
        for (var turn = 0; turn < 5; turn++)
            stub.IsNotThere();

        var following = stub.Client().Events.Follow(since: 0).ToList();
        await stub.Pass(following);

        await Assert.ThrowsAsync<CouchUnavailableException>(() => following);
    }

    [Fact]
    public async Task It_resumes_after_its_last_event_whatever_the_couch_answers_meanwhile_and_passes_on_no_repetition()
    {
        using var stub = new StubCouch();
        stub.Says(Events(1, 2), Stream).IsNotThere().Says(HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(2))
            .Says(HttpStatusCode.TooManyRequests, TimeSpan.FromHours(5));
        for (var turn = 0; turn < 8; turn++)
            stub.Says(HttpStatusCode.BadGateway);
        stub.Says(Events(2, 3), Stream).Says("{}", HttpStatusCode.Unauthorized);
        var seen = new List<long>();

        var following = Follow();
        await stub.Pass(following);

        await Assert.ThrowsAsync<CouchUnauthorizedException>(() => following);
        Assert.Equal([1, 2, 3], seen);
        var resumed = stub.Seen.Select(request => request.Headers.GetValues("Last-Event-ID").Single()).ToList();
        Assert.Equal("0", resumed[0]);
        Assert.All(resumed[1..^1], last => Assert.Equal("2", last));
        Assert.Equal("3", resumed[^1]);

        async Task Follow()
        {
            await foreach (var happened in stub.Client().Events.Follow(since: 0))
                seen.Add(happened.Id);
        }
    }

    [Fact]
    public async Task It_waits_over_whatever_a_proxy_answers_and_ends_at_the_couchs_own_no()
    {
        using var stub = new StubCouch();
        stub.Says(Events(1), Stream).Says(HttpStatusCode.RequestTimeout).Says(HttpStatusCode.InternalServerError)
            .Says((HttpStatusCode)520).Says(HttpStatusCode.NotFound).Says(Events(2), Stream)
            .Says("""{"type":"about:blank","error":"not found"}""", HttpStatusCode.NotFound, "application/problem+json");
        var seen = new List<long>();

        var following = Follow();
        await stub.Pass(following);

        await Assert.ThrowsAsync<CouchNotFoundException>(() => following);
        Assert.Equal([1, 2], seen);
        Assert.Equal(0, stub.Left);

        async Task Follow()
        {
            await foreach (var happened in stub.Client().Events.Follow(since: 0))
                seen.Add(happened.Id);
        }
    }

    [Fact]
    public async Task A_stream_that_has_fallen_silent_counts_as_lost()
    {
        using var stub = new StubCouch();
        var silent = new Pipe();
        await silent.Writer.WriteAsync(Events(7).ToArray());
        stub.Says(silent.Reader.AsStream(), Stream).Says(Events(8), Stream);
        await using var following = stub.Client().Events.Follow(since: 0).GetAsyncEnumerator();
        Assert.True(await following.MoveNextAsync());

        var next = following.MoveNextAsync().AsTask();
        await stub.Pass(next);

        Assert.True(await next);
        Assert.Equal(8, following.Current.Id);
    }

    private static MemoryStream Events(params long[] ids) => new(Encoding.UTF8.GetBytes(string.Concat(ids.Select(id => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""
        : a comment

        id: {{{id}}}
        event: couch.guest.killed
        data: {"id":{{{id}}},"eventId":"e","timestamp":"2026-11-23T12:00:00.123Z","type":"couch.guest.killed","payload":{}}


        """)))));
}
