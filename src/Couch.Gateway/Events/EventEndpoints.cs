using System.ComponentModel;
using Couch.Cluster.Events;
using Couch.Cluster.Guests;
using Couch.Domain.Guests;
using Couch.Domain.Keys;
using Couch.Gateway.Access;
using Couch.Gateway.OpenApi;
using Couch.Gateway.Problems;
using Couch.Gateway.Requests;
using Couch.Gateway.Stays;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Couch.Gateway.Events;

/// <summary>A host reads what has happened, follows what happens, and looks at one stay's history.</summary>
public static class EventEndpoints
{
    /// <summary>Maps <c>/couch/events</c> for scope events, and a guest's history for scope guests.</summary>
    public static void MapEvents(this IEndpointRouteBuilder app)
    {
        var events = app.MapHostGroup("/couch/events", "Events", KeyScope.Events);
        events.MapGet("", List).Refuses(400);
        events.MapGet("stream", Follow).Refuses(400).WithMetadata(Described.LastEventId);
        events.MapGet("stats", Count);
        app.MapHostGroup("/couch/guests", "Guests", KeyScope.Guests).MapGet("{id}/events", History).Refuses(400, 404);
    }

    /// <summary>Lists events, oldest first, or newest first with <c>order=desc</c>.</summary>
    /// <remarks>With wait, an answer without events is held until there is one: for programs that cannot read a stream.</remarks>
    public static async Task<Results<Ok<EventList>, Refusal>> List(
        [AsParameters] EventPageQuery query, EventLog log, EventTail tail, HttpContext context, IHostApplicationLifetime lifetime,
        CancellationToken cancel)
    {
        var fields = new Fields();
        var range = query.ReadRange(fields);
        var filter = query.ReadFilter(fields);
        var limit = Paging.ReadLimit(query.Limit, fields);
        var wait = Waiting.Read(query.Wait, fields);
        if (fields.Refusal is { } refusal)
            return refusal;

        // Before the page is read, so that what is committed meanwhile is not waited for.
        var newest = wait > TimeSpan.Zero ? await log.Newest(cancel) : 0;
        var page = await log.Page(range, filter, limit + 1, cancel);
        if (page.Count == 0 && wait > TimeSpan.Zero)
        {
            await tail.Comes(Math.Max(range.Since, newest), filter, wait, cancel, lifetime.ApplicationStopping);
            if (await EventStream.IsStillWelcome(context) is not true and var welcome)
                return welcome is false ? Refusals.NoHostKey : Refusals.Unavailable;
            page = await log.Page(range, filter, limit + 1, cancel);
        }

        return TypedResults.Ok(EventList.Of(page, limit));
    }

    /// <summary>Returns at the first event after <paramref name="id"/>, when the wait is over, or when the process is to end.</summary>
    private static async Task Comes(
        this EventTail tail, long id, EventFilter filter, TimeSpan wait, CancellationToken cancel, CancellationToken stopping)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel, stopping);
        try
        {
            await using var batches = tail.Follow(id, filter, wait, end.Token).GetAsyncEnumerator(end.Token);
            await batches.MoveNextAsync();
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
        }
    }

    /// <summary>Follows events as they happen, as server-sent events.</summary>
    /// <remarks>
    /// <c>id:</c> is the event's id, <c>event:</c> its type, <c>data:</c> the record. Without <c>Last-Event-ID</c>,
    /// <c>since_id</c> and <c>since</c> the stream begins with the next event. A client that resumes after its last id, on any node,
    /// misses no event and gets none twice. A comment is sent every 15 seconds.
    /// </remarks>
    public static Results<EventStream, Refusal> Follow([AsParameters] EventQuery query, HttpRequest request)
    {
        var fields = new Fields();
        var since = EventQuery.ReadId(EventStream.LastEventId, request.Headers[EventStream.LastEventId], fields)
            ?? query.ReadSinceId(fields);
        var filter = query.ReadFilter(fields);
        // A time says where to begin, too.
        if (!string.IsNullOrEmpty(query.Since))
            since ??= 0;
        return fields.Refusal is { } refusal ? refusal : new EventStream(since, filter);
    }

    /// <summary>Counts the events that are kept.</summary>
    public static async Task<Ok<EventStats>> Count(EventLog log, CancellationToken cancel) =>
        TypedResults.Ok(EventStats.Of(await log.Count(cancel)));

    /// <summary>Shows a guest's whole history, its invite's included, oldest first.</summary>
    /// <remarks>Beyond 10,000 events there is a further page.</remarks>
    /// <param name="id">The guest's id.</param>
    /// <param name="sinceId">Only events after this one: the nextCursor of the page before.</param>
    public static async Task<Results<Ok<EventList>, Refusal>> History(
        string id,
        [FromQuery(Name = "since_id"), Description("Only events after this one: the nextCursor of the page before.")] string? sinceId,
        Arrivals arrivals, EventLog log, CancellationToken cancel)
    {
        if (!GuestId.TryParse(id, out var guestId) || await arrivals.Find(guestId, cancel) is not { } guest)
            return Refusals.GuestNotFound;
        var fields = new Fields();
        var since = EventQuery.ReadId("since_id", sinceId, fields) ?? 0;
        if (fields.Refusal is { } refusal)
            return refusal;

        var page = await log.History(guestId, guest.InviteId, since, EventLog.MostOfAStay + 1, cancel);
        return TypedResults.Ok(EventList.Of(page, EventLog.MostOfAStay));
    }
}
