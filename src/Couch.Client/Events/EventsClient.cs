using System.Net;
using System.Runtime.CompilerServices;
using Couch.Client.Http;
using Couch.Client.Json;

namespace Couch.Client;

/// <summary>The log of events. It needs a host key of scope <c>events</c>.</summary>
public sealed class EventsClient
{
    private const string Path = "couch/events";
    private readonly Transport transport;

    internal EventsClient(Transport transport) => this.transport = transport;

    /// <summary>
    /// Lists events that have happened, oldest first unless the filter says otherwise. Further pages are asked for as they are needed.
    /// </summary>
    public IAsyncEnumerable<CouchEvent> List(EventListFilter? filter = null, CancellationToken cancel = default) =>
        Paging.Items(Pages(filter, cancel), page => page.Events, cancel);

    /// <summary>Lists events that have happened, as pages.</summary>
    public IAsyncEnumerable<EventPage> Pages(EventListFilter? filter = null, CancellationToken cancel = default) => Paging.All(
        filter?.Start,
        (since, stop) => transport.Ask(
            new Call(HttpMethod.Get, Path) { Query = (filter ?? new()).Query(since) }, AnswerJson.Default.EventPage, stop),
        page => (page.NextCursor is not null, page.NextCursor), cancel);

    /// <summary>How many events are kept, and the ids of the oldest and the newest.</summary>
    public Task<EventStats> Stats(CancellationToken cancel = default) =>
        transport.Ask(Call.Get(Path + "/stats"), AnswerJson.Default.EventStats, cancel);

    /// <summary>
    /// Follows events as they happen, without an end. Where the connection is lost or the couch is unavailable, it waits, longer each time,
    /// and goes on after the last event, on whichever node: no event is missing and none comes twice.
    /// </summary>
    /// <param name="since">
    /// The id of the last event that the caller has; 0: from the oldest that is kept. Default: from now on, for which the newest id is
    /// asked for first.
    /// </param>
    /// <exception cref="CouchUnavailableException">The couch was not to be had at the beginning. Later it is waited for.</exception>
    /// <exception cref="CouchUnauthorizedException">The host key is not valid, or not any more.</exception>
    /// <exception cref="CouchForbiddenException">The host key lacks the scope.</exception>
    public async IAsyncEnumerable<CouchEvent> Follow(
        long? since = null, EventFilter? filter = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var last = since ?? (await Stats(cancel).ConfigureAwait(false)).NewestId ?? 0;
        var clock = transport.Options.Clock;
        var (stream, failures) = (await Open(Stream(last, filter), cancel).ConfigureAwait(false), 0);
        while (true)
        {
            var opened = clock.GetTimestamp();
            await using (stream.ConfigureAwait(false))
            {
                while (await stream.Next(cancel).ConfigureAwait(false) is { } next)
                {
                    failures = 0;
                    if (next.Id <= last)
                        continue;
                    last = next.Id;
                    yield return next;
                }
            }

            // Only what fails again soon is a failure again: the connection may have been there for days.
            if (clock.GetElapsedTime(opened) >= transport.Options.LongestPause)
                failures = 0;
            (stream, failures) = await Reopen(failures, Stream(last, filter), cancel).ConfigureAwait(false);
        }
    }

    private async Task<EventStream> Open(Call call, CancellationToken cancel) => await EventStream.Open(
        await transport.Send(call, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false), transport.Options, cancel)
        .ConfigureAwait(false);

    /// <summary>Tries until the couch is there again, unless it says no.</summary>
    private async Task<(EventStream Stream, int Failures)> Reopen(int failures, Call call, CancellationToken cancel)
    {
        TimeSpan? retryAfter = null;
        while (true)
        {
            await Task.Delay(transport.Backoff.Pause(++failures, retryAfter), transport.Options.Clock, cancel).ConfigureAwait(false);
            var (answer, failure) = await transport.Try(call, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            if (failure is null)
                return (await EventStream.Open(answer!, transport.Options, cancel).ConfigureAwait(false), failures);
            if (IsFinal(failure))
                throw failure;
            retryAfter = failure.RetryAfter > transport.Options.LongestRetryAfter
                ? transport.Options.LongestRetryAfter
                : failure.RetryAfter;
        }
    }

    /// <summary>
    /// Whether the couch itself says no. A couch that was there comes back: until then what stands between may answer with a timeout, any
    /// failure, or a 404 of its own.
    /// </summary>
    private static bool IsFinal(CouchException failure) => !failure.IsTransient && failure switch
    {
        CouchNotFoundException { Problem: null or { Error: null, Type: null } } => false,
        { StatusCode: HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError } => false,
        _ => true,
    };

    private static Call Stream(long last, EventFilter? filter) => new(HttpMethod.Get, Path + "/stream")
    {
        Query = (filter ?? new()).Query(null),
        LastEventId = last,
        Accept = EventStream.MediaType,
    };
}
