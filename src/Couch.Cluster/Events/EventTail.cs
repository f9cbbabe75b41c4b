using System.Runtime.CompilerServices;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Events;

/// <summary>
/// Lets any number of readers follow the log. One loop a process asks the database for news, and only while somebody reads; the
/// newest events are kept once for all readers. A reader that falls behind them goes on from the database, so its slowness costs
/// nothing but its own place.
/// </summary>
public sealed partial class EventTail(EventLog log, CouchMeter meter, TimeProvider clock, ILogger<EventTail> logger)
{
    /// <summary>How often the database is asked while somebody reads: half of what a reader may wait, on average.</summary>
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private const int Kept = 2048;

    // Each reader that falls behind, or does not read at all, has so many of its own in memory.
    private const int OldAtOnce = 100;

    private readonly Lock joining = new();
    private int readers;

    // Whose turn it is to look; null while nobody reads.
    private object? looker;
    private volatile Window window = Window.Unknown;
    private volatile TaskCompletionSource news = NewSignal();

    /// <summary>How many follow the log in this process.</summary>
    internal int Readers => Volatile.Read(ref readers);

    /// <summary>
    /// What comes after <paramref name="since"/>, in order, without gap and without repeat, until it is cancelled. An empty batch
    /// says that there was nothing for it for <paramref name="patience"/>.
    /// </summary>
    /// <param name="since">The number of the last event that the reader has.</param>
    /// <exception cref="StorageUnavailableException">The log cannot be read. Asking again from the last number misses nothing.</exception>
    public async IAsyncEnumerable<IReadOnlyList<LoggedEvent>> Follow(
        long since, EventFilter filter, TimeSpan patience, [EnumeratorCancellation] CancellationToken cancel)
    {
        var at = since;
        var told = clock.GetTimestamp();
        Join();
        try
        {
            // What is old is read by its filter: few may want much of a long log.
            if (!filter.IsAll)
            {
                var newest = await log.Newest(cancel);
                while (await log.Read(at, filter, OldAtOnce, cancel) is { Count: > 0 } page)
                {
                    at = page[^1].Id;
                    told = clock.GetTimestamp();
                    yield return page;
                }

                at = Math.Max(at, newest);
            }

            while (true)
            {
                if (clock.GetElapsedTime(told) >= patience)
                {
                    told = clock.GetTimestamp();
                    yield return [];
                }

                // Taken before looking: what comes in between is not waited for.
                var next = news.Task;
                IReadOnlyList<LoggedEvent> found =
                    window.After(at) is { } recent ? recent : await log.Read(at, new(), OldAtOnce, cancel);
                if (found.Count > 0)
                {
                    at = found[^1].Id;
                    if (found.Where(filter.Wants).ToList() is not { Count: > 0 } wanted)
                        continue;
                    told = clock.GetTimestamp();
                    yield return wanted;
                }
                else
                {
                    await Comes(next, patience - clock.GetElapsedTime(told), cancel);
                }
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Nothing is thrown for time that is up: with thousands of readers of a silent log, that would be most of the work.</summary>
    private async Task Comes(Task next, TimeSpan patience, CancellationToken cancel)
    {
        await next.WaitAsync(patience.InTimerUnits(), clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
    }

    private void Join()
    {
        lock (joining)
        {
            meter.FollowEvents(++readers);
            if (readers > 1)
                return;
            (looker, window) = (new(), Window.Unknown);
            var mine = looker;
            _ = Task.Run(() => Look(mine));
        }
    }

    private void Leave()
    {
        lock (joining)
        {
            meter.FollowEvents(--readers);
            if (readers is 0)
                looker = null;
        }
    }

    /// <returns>Whether <paramref name="mine"/> is to go on looking.</returns>
    private bool Show(Window found, object mine)
    {
        lock (joining)
        {
            if (!ReferenceEquals(looker, mine))
                return false;
            window = found;
        }

        Interlocked.Exchange(ref news, NewSignal()).SetResult();
        return true;
    }

    private async Task Look(object mine)
    {
        Window? seen = null;
        var hasFailed = false;
        while (ReferenceEquals(Volatile.Read(ref looker), mine))
        {
            var wait = BetweenLooks;
            try
            {
                var newest = await log.Newest(CancellationToken.None);
                while (seen is null || newest > seen.Last)
                {
                    var found = seen is null ? [] : await log.Read(seen.Last, new(), EventLog.MostAtOnce, CancellationToken.None);
                    if (seen is not null && found.Count == 0)
                        break;
                    seen = seen?.With(found, Kept) ?? new(newest, newest, []);
                    if (!Show(seen, mine))
                        return;
                    foreach (var one in found)
                    {
                        if (one.At is { } at)
                            meter.EventSeen(clock.GetUtcNow() - at);
                    }
                }

                hasFailed = false;
            }
            catch (Exception failure)
            {
                if (!hasFailed)
                    LogNotRead(failure.Message);
                (hasFailed, wait) = (true, AfterFailure);
            }

            await Task.Delay(wait, clock);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The newest events of the log.</summary>
    /// <param name="From">Every event with a higher number, up to <paramref name="Last"/>, is among them.</param>
    /// <param name="Last">As far as the log was read.</param>
    private sealed record Window(long From, long Last, LoggedEvent[] Events)
    {
        public static Window Unknown { get; } = new(long.MaxValue, long.MaxValue, []);

        /// <summary>Those after <paramref name="id"/>; null where some of them may be older than the window.</summary>
        public ArraySegment<LoggedEvent>? After(long id)
        {
            if (id < From)
                return null;
            if (Events.Length == 0 || Last <= id)
                return ArraySegment<LoggedEvent>.Empty;
            var first = Array.FindIndex(Events, one => one.Id > id);
            return new ArraySegment<LoggedEvent>(Events, first, Events.Length - first);
        }

        public Window With(IReadOnlyList<LoggedEvent> found, int most)
        {
            LoggedEvent[] all = [.. Events, .. found];
            return all.Length <= most ? new(From, all[^1].Id, all) : new(all[^(most + 1)].Id, all[^1].Id, all[^most..]);
        }
    }

    [LoggerMessage(280, LogLevel.Warning, "The log of events cannot be read; those that follow it wait: {Reason}")]
    private partial void LogNotRead(string reason);
}
