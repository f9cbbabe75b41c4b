using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Couch.Cluster.Events;
using Couch.Cluster.Storage;
using Couch.Tests.Client;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Events;

/// <summary>A host reads and follows what happens in its couch.</summary>
public sealed class EventStreamTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_whole_life_is_shown_as_it_happens_and_afterwards()
    {
        await using var stream = await EventReader.Open(couch.Address, KeyedCouchHost.Key);
        var guest = await couch.Host.Arrive();
        (await couch.Host.Post($"/couch/guests/{guest["guestId"]}/activate", new { vmId = "v", agentEndpoint = "http://v" })).Is(200);
        (await couch.Host.Delete($"/couch/guests/{guest["guestId"]}")).Is(200);

        string[] life =
        [
            "couch.invite.created", "couch.invite.redeemed", "couch.provision.failed", "couch.guest.activated", "couch.guest.killed",
        ];
        var seen = await stream.Until("couch.guest.killed", Bound);
        Assert.Equal(life, seen.Select(one => one.EventType).TakeLast(5));
        Assert.All(seen, one => Assert.Equal(one.EventId, JsonNode.Parse(one.Data)!["id"]!.ToString()));

        var history = (await couch.Host.Get($"/couch/guests/{guest["guestId"]}/events")).Is(200);
        Assert.Equal(life, history.Json["events"]!.AsArray().Select(one => one!["type"]!.ToString()));
        Assert.Equal(
            ["agent", "eventId", "id", "metadata", "payload", "source", "timestamp", "type"],
            history.Json["events"]![0]!.AsObject().Select(field => field.Key).Order());
        Assert.Equal("configured", history.Json["events"]![4]!["metadata"]!["by"]!["name"]!.ToString());

        var page = (await couch.Host.Get($"/couch/events?subject={guest["guestId"]}&type=couch.guest.*&limit=1")).Is(200);
        Assert.Equal(("1", "couch.guest.activated"), (page["count"], page.Json["events"]![0]!["type"]!.ToString()));
        var next = (await couch.Host.Get(
            $"/couch/events?subject={guest["guestId"]}&type=couch.guest.*&limit=1&since_id={page["nextCursor"]}")).Is(200);
        Assert.Equal("couch.guest.killed", next.Json["events"]![0]!["type"]!.ToString());
        var stats = (await couch.Host.Get("/couch/events/stats")).Is(200);
        Assert.True((long)stats.Json["total"]! >= 5);
        Assert.True((long)stats.Json["byType"]!["couch.guest.killed"]! >= 1);
    }

    [Fact]
    public async Task A_whole_life_with_a_vm_is_shown_as_it_happens_until_the_vm_is_destroyed()
    {
        await using var own = await CouchHost.Start("--COUCH_DEMO=true");
        await using var stream = await EventReader.Open(own.Address, null);
        var invite = await own.Anyone.Invite();
        Assert.Equal("couch.invite.created", (await stream.Next(Bound)).EventType);
        var guest = (await own.Anyone.Redeem(invite)).Is(201);
        Assert.Equal("couch.invite.redeemed", (await stream.Next(Bound)).EventType);
        Assert.Equal("couch.guest.activated", (await stream.Next(Bound)).EventType);
        (await own.Anyone.Delete($"/couch/guests/{guest["guestId"]}")).Is(200);
        Assert.Equal("couch.guest.killed", (await stream.Next(Bound)).EventType);
        var last = await stream.Next(Bound);
        Assert.Equal("couch.vm.destroyed", last.EventType);

        var told = JsonNode.Parse(last.Data)!["payload"]!;
        var shown = (await own.Anyone.Get($"/couch/guests/{guest["guestId"]}")).Is(200);
        Assert.Equal(
            (shown["id"], shown["vmId"], shown.Json["vm"]!["destroyedAt"]!.ToString()),
            (told["guestId"]!.ToString(), told["vmId"]!.ToString(), told["destroyedAt"]!.ToString()));
    }

    [Fact]
    public async Task A_stream_that_is_resumed_misses_nothing_and_repeats_nothing()
    {
        await using var first = await EventReader.Open(couch.Address, KeyedCouchHost.Key);
        await couch.Host.Invite(new { createdBy = "resumes" });
        var last = (await first.Until("couch.invite.created", Bound))[^1].EventId!;
        for (var turn = 0; turn < 5; turn++)
            await couch.Host.Invite(new { createdBy = "resumes", label = $"{turn}" });

        // The header wins over the parameter.
        await using var second = await EventReader.Open(couch.Address, KeyedCouchHost.Key, "?agent=resumes&since_id=1", last);
        var seen = new List<string>();
        while (seen.Count < 5)
            seen.Add(JsonNode.Parse((await second.Next(Bound)).Data)!["payload"]!["label"]!.ToString());
        Assert.Equal(["0", "1", "2", "3", "4"], seen);
    }

    [Fact]
    public async Task The_log_opens_to_its_scope_alone_and_a_guests_history_to_the_guests()
    {
        var events = couch.With(await KeyWith("events"));
        var guests = couch.With(await KeyWith("guests"));
        var id = (await couch.Host.Arrive())["guestId"];
        (await events.Get("/couch/events")).Is(200);
        (await events.Get("/couch/events/stats")).Is(200);
        (await events.Get($"/couch/guests/{id}/events")).Refuses(403);
        (await guests.Get("/couch/events")).Refuses(403);
        (await guests.Get("/couch/events/stream")).Refuses(403);
        (await guests.Get($"/couch/guests/{id}/events")).Is(200);
        (await guests.Get("/couch/guests/01ARZ3NDEKTSV4RRFFQ69G5FAV/events")).Refuses(404);
    }

    [Theory]
    [InlineData("?since_id=-1")]
    [InlineData("?since_id=9007199254740993")]
    [InlineData("?since_id=x")]
    [InlineData("?type=couch.guest")]
    [InlineData("?type=*")]
    [InlineData("?exclude=,")]
    [InlineData("?subject=x")]
    [InlineData("?agent=%07")]
    [InlineData("?since=yesterday")]
    [InlineData("?since=02/03/2026")]
    [InlineData("?since=12:00")]
    [InlineData("?since=2026-11-29T12:00:00")]
    [InlineData("?since=2026-11-29%2012:00:00Z")]
    [InlineData("?since=2026-11-29T25:00:00Z")]
    [InlineData("?since=2026-02-30")]
    [InlineData("?since=2026-11-29%0A")]
    public async Task What_cannot_be_meant_is_refused_by_the_page_and_by_the_stream(string query)
    {
        (await couch.Host.Get($"/couch/events{query}")).Refuses(400);
        (await couch.Host.Get($"/couch/events/stream{query}")).Refuses(400);
    }

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?limit=1001")]
    [InlineData("?order=newest")]
    [InlineData("?before_id=x")]
    public async Task A_page_that_cannot_be_meant_is_refused(string query) => (await couch.Host.Get($"/couch/events{query}")).Refuses(400);

    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("2026-11-29")]
    [InlineData("2026-11-29T12:00Z")]
    [InlineData("2026-11-29T12:00:00.123Z")]
    [InlineData("2026-11-29T12:00:00.123456789Z")]
    [InlineData("2026-11-29T12:00:00%2B02:00")]
    [InlineData("2026-11-29T12:00:00.5-11:30")]
    public async Task A_page_may_begin_at_any_time(string since) => (await couch.Host.Get($"/couch/events?since={since}")).Is(200);

    [Fact]
    public async Task A_page_and_a_stream_begin_at_the_same_time_with_the_same_event()
    {
        for (var turn = 0; turn < 3; turn++)
            await couch.Host.Invite(new { createdBy = "timed", label = $"{turn}" });
        var all = (await couch.Host.Get("/couch/events?agent=timed")).Is(200).Json["events"]!.AsArray();
        var since = (string)all[1]!["timestamp"]!;
        var page = (await couch.Host.Get($"/couch/events?agent=timed&since={since}")).Is(200).Json["events"]!.AsArray();
        Assert.Equal(all[^1]!.ToJsonString(), page[^1]!.ToJsonString());

        await using var stream = await EventReader.Open(couch.Address, KeyedCouchHost.Key, $"?agent=timed&since={since}");
        foreach (var one in page)
            Assert.Equal(one!["id"]!.ToString(), (await stream.Next(Bound)).EventId);

        // An id says more than a time that is before it.
        await using var both = await EventReader.Open(
            couch.Address, KeyedCouchHost.Key, $"?agent=timed&since={since}&since_id={all[^1]!["id"]}");
        var last = await couch.Host.Invite(new { createdBy = "timed", label = "last" });
        foreach (var each in new[] { stream, both })
            Assert.Contains(last["id"]!, (await each.Next(Bound)).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guests_history_of_very_many_events_is_read_on_to_its_end()
    {
        await using var own = await CouchHost.Start();
        var id = (await own.Anyone.Arrive())["guestId"]!;
        var record = (await own.Anyone.Get("/couch/events?limit=1")).Is(200).Json["events"]![0]!.AsObject();
        record.Remove("id");
        await Log(own, 10_050, record.ToJsonString(), id);
        (await own.Anyone.Get($"/couch/guests/{id}/events?since_id=x")).Refuses(400);
        var first = (await own.Anyone.Get($"/couch/guests/{id}/events")).Is(200);
        Assert.Equal("10000", first["count"]);
        var second = (await own.Anyone.Get($"/couch/guests/{id}/events?since_id={first["nextCursor"]}")).Is(200);
        // Its invite's two and its own first one are newer.
        Assert.Equal(("53", null), (second["count"], second["nextCursor"]));
        var history = await Clients.Of(own).Guests.History(id);
        Assert.Equal((10_053, "couch.provision.failed"), (history.Select(one => one.Id).Distinct().Count(), history[^1].Type));
    }

    [Fact]
    public async Task An_old_log_is_sent_in_small_parts()
    {
        await using var own = await CouchHost.Start();
        using var reading = new MeterReading(own.App.Services.GetRequiredService<IMeterFactory>());
        await Log(own, 1_000, """{"type":"couch.guest.killed"}""");
        await using var stream = await EventReader.Open(own.Address, null, "?since_id=0");
        for (var each = 0; each < 1_000; each++)
            await stream.Next(Bound);
        await Until.True(() => Task.FromResult(reading.Sum("couch.event.sent") >= 1_000), Bound, "all are counted");
        // A reader that stalls holds one part in memory, and there may be thousands.
        Assert.InRange(reading.Times("couch.event.sent"), 10, 12);
    }

    [Fact]
    public async Task A_page_that_ends_the_log_has_no_next_one()
    {
        await couch.Host.Invite(new { createdBy = "only" });
        var page = (await couch.Host.Get("/couch/events?agent=only&limit=1")).Is(200);
        Assert.Equal(("1", null), (page["count"], page["nextCursor"]));
    }

    [Fact]
    public async Task The_log_is_read_back_from_its_end_page_by_page()
    {
        for (var turn = 0; turn < 5; turn++)
            await couch.Host.Invite(new { createdBy = "back", label = $"{turn}" });

        var (pages, before) = (new List<string>(), "");
        do
        {
            var page = (await couch.Host.Get($"/couch/events?agent=back&order=desc&limit=2&before_id={before}")).Is(200);
            pages.Add(string.Concat(page.Json["events"]!.AsArray().Select(one => (string)one!["payload"]!["label"]!)));
            before = page["nextCursor"] ?? "";
        }
        while (before.Length > 0);

        Assert.Equal(["43", "21", "0"], pages);
    }

    [Fact]
    public async Task A_wrong_last_event_id_is_refused() =>
        (await couch.Host.Sending("Last-Event-ID", "x").Get("/couch/events/stream")).Refuses(400);

    [Fact]
    public async Task A_revoked_key_reads_on_for_no_longer_than_a_heartbeat()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var own = await CouchHost.Start(
            builder => builder.Services.AddSingleton<TimeProvider>(clock), $"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}");
        var host = own.With(KeyedCouchHost.Key);
        var key = (await host.Post("/couch/keys", new { name = "reader", scopes = new[] { "events" } })).Is(201);
        await using var stream = await EventReader.Open(own.Address, key["key"]!);
        foreach (var beat in new[] { "one", "two" })
        {
            clock.Advance(TimeSpan.FromSeconds(16));
            await host.Invite(new { createdBy = beat });
            clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Contains(beat, (await stream.Next(Bound)).Data, StringComparison.Ordinal);
        }

        (await host.Delete($"/couch/keys/{key["id"]}")).Is(200);

        var ends = stream.Until("never", Bound);
        await Until.True(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(5));
                return Task.FromResult(ends.IsCompleted);
            },
            Bound, "the stream ends");
        await Assert.ThrowsAsync<EndOfStreamException>(() => ends);
    }

    [Fact]
    public async Task A_stream_says_that_it_lives_also_while_only_events_happen_that_it_does_not_want()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var own = await CouchHost.Start(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, own.Address.Port);
        await socket.SendAsync("GET /couch/events/stream?type=couch.key.* HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        var (comments, buffer) = (0, new byte[4096]);
        var reading = Task.Run(async () =>
        {
            while (await socket.ReceiveAsync(buffer) is > 0 and var count)
                Interlocked.Add(ref comments, buffer.AsSpan(0, count).Count(":\n\n"u8));
        });

        await Until.True(
            async () =>
            {
                await own.Anyone.Invite();
                clock.Advance(TimeSpan.FromSeconds(2));
                return Volatile.Read(ref comments) >= 3;
            },
            Bound, "comments come");
        socket.Dispose();
        await reading.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task A_reader_that_does_not_read_is_closed()
    {
        await using var own = await CouchHost.Start();
        await Log(own, 20_000, $$"""{"type":"couch.guest.killed","text":"{{new string('x', 2_000)}}"}""");
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(IPAddress.Loopback, own.Address.Port);
        await socket.SendAsync("GET /couch/events/stream?since_id=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        var followers = () => own.App.Services.GetRequiredService<EventTail>().Readers;
        await Until.True(() => Task.FromResult(followers() is 1), Bound, "it is followed");
        await Until.True(() => Task.FromResult(followers() is 0), TimeSpan.FromSeconds(60), "it is closed");
    }

    /// <summary>Puts so many old events into the log.</summary>
    private static async Task Log(CouchHost couch, int count, string record, string guest = "none") =>
        await couch.App.Services.GetRequiredService<CouchDatabase>().Rows(
            $"WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < {count}) "
                + "INSERT INTO event (id, at, type, guest, record) "
                + "SELECT number, '2026-01-01T00:00:00.000Z', 'couch.guest.killed', @guest, @record FROM n",
            ("guest", guest), ("record", record));

    private async Task<string> KeyWith(string scope) =>
        (await couch.Host.Post("/couch/keys", new { name = scope, scopes = new[] { scope } })).Is(201)["key"]!;

    [Fact]
    public async Task A_stream_ends_with_the_couch()
    {
        await using var own = await CouchHost.Start();
        await using var stream = await EventReader.Open(own.Address, null);
        await own.App.StopAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<Exception>(() => stream.Next(Bound));
    }
}
