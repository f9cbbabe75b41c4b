using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Couch.Cluster.Events;
using Couch.Cluster.Telemetry;
using Couch.Domain.Events;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Events;

/// <summary>What was written is in the log once, and every reader sees one order.</summary>
public abstract class EventLogTests(TestCouch couch)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly EventFilter All = new();

    private EventLog Log => Keeping(0);

    [Fact]
    public async Task Readers_that_poll_and_that_follow_see_all_that_many_writers_write_in_one_order()
    {
        const int writers = 64;
        const int each = 3;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestCouch.Cancel);
        var begin = await Log.Newest(TestCouch.Cancel);
        var (polled, followed) = (new ConcurrentQueue<LoggedEvent>(), new ConcurrentQueue<LoggedEvent>());
        var follower = Follow(begin, All, followed, stop.Token);
        var poller = Poll(begin, polled, stop.Token);

        var guests = new ConcurrentBag<GuestId>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, writers), new ParallelOptions { MaxDegreeOfParallelism = writers }, async (_, _) =>
            {
                for (var turn = 0; turn < each; turn++)
                {
                    var guest = await couch.AGuest();
                    Assert.IsType<EndOutcome.Ended>(await couch.Guest(guest.Id).Kill());
                    guests.Add(guest.Id);
                }
            });

        // An invite's creation and its redemption, the guest that waits, and its end.
        foreach (var seen in new[] { polled, followed })
        {
            await Until.True(
                () => Task.FromResult(seen.Count(one => guests.Any(guest => one.Guest == guest.Value)) == 3 * writers * each),
                Bound, "all are seen");
        }

        await stop.CancelAsync();
        await Task.WhenAll(follower, poller);
        var ids = polled.Select(one => one.Id).ToList();
        Assert.Equal(ids.Order(), ids);
        Assert.Equal(ids.Distinct().Count(), ids.Count);
        Assert.Equal(ids, followed.Select(one => one.Id).Take(ids.Count));
        foreach (var guest in guests)
        {
            Assert.Equal(
                ["couch.invite.redeemed", "couch.provision.failed", "couch.guest.killed"],
                polled.Where(one => one.Guest == guest.Value).Select(one => one.Type));
        }
    }

    [Fact]
    public async Task An_event_whose_commit_is_late_comes_after_those_that_were_seen_before_it()
    {
        var seen = await Log.Newest(TestCouch.Cancel);
        if (!couch.Database.IsPostgres())
            return;
        await using var connection = await couch.Database.Writes.OpenConnectionAsync(TestCouch.Cancel);
        await using var late = await connection.BeginTransactionAsync(TestCouch.Cancel);
        await using var insert = connection.CreateCommand();
        insert.CommandText =
            "INSERT INTO event_unnumbered (at, type, record) VALUES ('2026-01-01T00:00:00.000Z', 'couch.guest.killed', '{\"late\":true}')";
        await insert.ExecuteNonQueryAsync(TestCouch.Cancel);

        await couch.AnInvite();
        var first = await Page(seen, All);
        Assert.NotEmpty(first);
        await late.CommitAsync(TestCouch.Cancel);
        var second = await Page(first[^1].Id, All);
        Assert.Contains("late", System.Text.Encoding.UTF8.GetString(Assert.Single(second).Record.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_is_logged_once_and_one_that_is_refused_is_not_logged()
    {
        var guest = await couch.AGuest();
        var since = await Log.Newest(TestCouch.Cancel);
        couch.Faults.RefuseWrite(guest.Id.Value);
        await Assert.ThrowsAnyAsync<Exception>(() => couch.Guest(guest.Id).Kill());
        Assert.Empty(await Of(guest, since));
        couch.Faults.LoseReplyOfWrite();
        Assert.IsType<EndOutcome.Ended>(await couch.Guest(guest.Id).Kill());
        Assert.Equal(["couch.guest.killed"], (await Of(guest, since)).Select(one => one.Type));
        Assert.IsType<EndOutcome.AlreadyEnded>(await couch.Guest(guest.Id).Kill());
        Assert.Single(await Of(guest, since));
    }

    [Fact]
    public async Task A_row_keeps_nothing_of_its_events()
    {
        var guest = await couch.AGuest();
        Assert.IsType<EndOutcome.Ended>(await couch.Guest(guest.Id).Kill());
        var row = (await couch.Database.Rows("SELECT CAST(state AS TEXT) FROM grain_state WHERE id = @id", ("id", guest.Id.Value))).Single();
        Assert.DoesNotContain("events", row, StringComparison.Ordinal);
        Assert.DoesNotContain("couch.", row, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filters_say_the_same_of_a_page_and_of_a_stream()
    {
        var since = await Log.Newest(TestCouch.Cancel);
        var guests = new[] { await couch.AGuest(), await couch.AGuest() };
        couch.Clock.Advance(TimeSpan.FromSeconds(1));
        foreach (var guest in guests)
            Assert.IsType<EndOutcome.Ended>(await couch.Guest(guest.Id).CheckOut());
        var all = await Page(since, All);
        Assert.True(all.Count >= 8);

        EventFilter[] filters =
        [
            All,
            EventFilter.Of(new HashSet<EventType> { EventType.GuestStopped, EventType.InviteCreated }, null, null),
            EventFilter.Of(new HashSet<EventType>(), null, null),
            EventFilter.Of(null, "noah", null),
            EventFilter.Of(null, "guest-1", guests[0].Id.Value),
            EventFilter.Of(null, null, guests[1].InviteId.Value),
            EventFilter.Of(null, null, guests[1].Id.Value),
            EventFilter.Of(null, since: all[^1].At),
            EventFilter.Of(null, "guest-1", since: all[^1].At?.AddTicks(1)),
            EventFilter.Of(null, since: all[^1].At?.AddMilliseconds(1)),
            EventFilter.Of(new HashSet<EventType> { EventType.InviteRedeemed }, "noah", guests[1].Id.Value),
            EventFilter.Of(null, "nobody'; --", null),
        ];
        foreach (var filter in filters)
        {
            Assert.Equal(
                all.Where(filter.Wants).Select(one => one.Id),
                (await Page(since, filter)).Select(one => one.Id));
        }

        Assert.Equal(
            ["couch.invite.created", "couch.invite.redeemed"],
            all.Where(filters[5].Wants).Select(one => one.Type));
        Assert.Equal(
            ["couch.invite.created", "couch.invite.redeemed", "couch.provision.failed", "couch.guest.stopped"],
            (await Log.History(guests[0].Id, guests[0].InviteId, 0, 100, TestCouch.Cancel)).Select(one => one.Type));
    }

    [Fact]
    public async Task A_page_is_cut_at_its_limit_and_the_next_one_goes_on()
    {
        var since = await Log.Newest(TestCouch.Cancel);
        for (var turn = 0; turn < 5; turn++)
            await couch.AnInvite();
        var all = await Page(since, All);
        var first = await Page(since, All, 2);
        var second = await Page(first[^1].Id, All);
        Assert.Equal(all.Select(one => one.Id), first.Concat(second).Select(one => one.Id));
        var third = JsonSerializer.Deserialize<JsonElement>(all[2].Record.Span).GetProperty("timestamp").GetDateTimeOffset();
        Assert.Equal(
            all.Where(one => string.CompareOrdinal(Timestamp(one), third.ToIso()) >= 0).Select(one => one.Id),
            (await Page(since, EventFilter.Of(null, since: third))).Select(one => one.Id));

        var last = await Log.Page(new EventRange { Since = since, IsNewestFirst = true }, All, 2, TestCouch.Cancel);
        var rest = await Log.Page(
            new EventRange { Since = since, Before = last[^1].Id, IsNewestFirst = true }, All, 1000, TestCouch.Cancel);
        Assert.Equal(all.Select(one => one.Id).Reverse(), last.Concat(rest).Select(one => one.Id));

        static string Timestamp(LoggedEvent one) =>
            JsonSerializer.Deserialize<JsonElement>(one.Record.Span).GetProperty("timestamp").GetString()!;
    }

    [Fact]
    public async Task A_database_that_was_set_back_goes_on_above_every_number_that_was_seen()
    {
        await couch.AnInvite();
        var seen = await Log.Newest(TestCouch.Cancel);
        // What a restore from an old backup does to the highest number.
        await couch.Database.Rows(couch.Database.IsPostgres()
            ? "UPDATE event_number SET last = 5"
            : "UPDATE sqlite_sequence SET seq = 5 WHERE name = 'event'");
        await couch.AnInvite();
        var next = await Page(seen, All);
        Assert.Equal("couch.invite.created", Assert.Single(next).Type);
    }

    [Fact]
    public async Task Events_are_kept_for_as_long_as_is_asked_and_go_in_small_batches()
    {
        const int old = 2_500;
        var rows = couch.Database.IsPostgres()
            ? "SELECT number FROM generate_series(1, 2500) AS number"
            : "WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < 2500) SELECT number FROM n";
        await couch.Database.Rows(
            "INSERT INTO event (id, at, type, record) "
                + $"SELECT number, '2020-01-01T00:00:00.000Z', 'couch.guest.killed', '{{}}' FROM ({rows}) AS old");
        var invite = await couch.AnInvite();
        await Log.Keep();
        Assert.Equal(old, (await Page(0, All)).Count + (await Page(1000, All)).Count + (await Page(2000, All, 500)).Count);
        await Keeping(30).Keep();
        Assert.DoesNotContain(await Page(0, All), one => one.Id <= old);
        Assert.Single(await Log.History(Some.Guest().Id, invite.Id, 0, 100, TestCouch.Cancel));
    }

    [Fact]
    public async Task What_waits_for_a_reader_is_counted_though_nobody_has_read_it()
    {
        var since = await Log.Newest(TestCouch.Cancel);
        await couch.AnInvite();
        await couch.AnInvite();
        var filter = EventFilter.Of(new HashSet<EventType> { EventType.InviteCreated });
        Assert.Equal(2, await Log.Waiting(since, filter, 100, TestCouch.Cancel));
        Assert.Equal(1, await Log.Waiting(since, filter, 1, TestCouch.Cancel));
    }

    [Fact]
    public async Task A_follower_whose_timer_fires_a_little_early_waits_for_the_rest()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var clock = new CoarseTimers();
        var tail = Tail(services, clock);
        var (heartbeat, none) = (TimeSpan.FromSeconds(15), EventFilter.Of(null, null, "no guest's"));
        using var end = new CancellationTokenSource(Bound);
        await using var batches = tail.Follow(await Log.Newest(end.Token), none, heartbeat, end.Token).GetAsyncEnumerator(end.Token);
        var beat = batches.MoveNextAsync().AsTask();
        await Until.True(() => Task.FromResult(clock.Waits.Contains(heartbeat)), Bound, "it waits");

        clock.FireEarlyBy = TimeSpan.FromTicks(4000);
        clock.Advance(heartbeat);
        await Until.True(() => Task.FromResult(clock.Waits.Contains(TimeSpan.FromMilliseconds(1))), Bound, "it waits for the rest");
        Assert.False(beat.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await beat);
        Assert.Empty(batches.Current);
    }

    private EventLog Keeping(int days) => new(couch.Database, new() { Days = days });

    private EventTail Tail(IServiceProvider services, TimeProvider clock) =>
        new(Log, new CouchMeter(services.GetRequiredService<IMeterFactory>()), clock, NullLogger<EventTail>.Instance);

    private Task<IReadOnlyList<LoggedEvent>> Page(long since, EventFilter filter, int limit = EventLog.MostAtOnce) =>
        Log.Page(new EventRange { Since = since }, filter, limit, TestCouch.Cancel);

    private async Task<IReadOnlyList<LoggedEvent>> Of(Guest guest, long since) =>
        await Page(since, EventFilter.Of(null, null, guest.Id.Value));

    private async Task Poll(long since, ConcurrentQueue<LoggedEvent> seen, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            // SQLite answers at once, on the caller's thread.
            await Task.Yield();
            foreach (var one in await Page(since, All, 7))
            {
                seen.Enqueue(one);
                since = one.Id;
            }
        }
    }

    private async Task Follow(long since, EventFilter filter, ConcurrentQueue<LoggedEvent> seen, CancellationToken stop)
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var tail = Tail(services, TimeProvider.System);
        try
        {
            await foreach (var batch in tail.Follow(since, filter, TimeSpan.FromSeconds(1), stop))
            {
                foreach (var one in batch)
                    seen.Enqueue(one);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>A clock whose timers are a fraction of a millisecond ahead of the time that it tells, as a machine's are.</summary>
    private sealed class CoarseTimers : FakeTimeProvider
    {
        public ConcurrentBag<TimeSpan> Waits { get; } = [];

        public TimeSpan FireEarlyBy { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() - FireEarlyBy.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            Waits.Add(dueTime);
            return timer;
        }
    }
}

public sealed class EventLogOnSqlite(SqliteCouch couch) : EventLogTests(couch), IClassFixture<SqliteCouch>;

public sealed class EventLogOnPostgres(PostgresCouch couch) : EventLogTests(couch), IClassFixture<PostgresCouch>;
