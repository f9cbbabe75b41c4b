using System.Text.Json;
using Couch.Cluster.Events;
using Couch.Domain.Text;
using Couch.Gateway.Access;

namespace Couch.Gateway.Events;

/// <summary>An event, as it was committed together with the state that it describes.</summary>
public sealed record EventView
{
    /// <summary>The number of its place in the log. It grows in the order in which readers see events, and may have gaps.</summary>
    public required long Id { get; init; }

    /// <summary>Its ULID: the same in the log and in every delivery.</summary>
    public required string EventId { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary><c>couch</c>.</summary>
    public required string Source { get; init; }

    /// <summary>What happened, such as <c>couch.guest.killed</c>.</summary>
    public required string Type { get; init; }

    /// <summary>An invite's <c>createdBy</c> or a guest's <c>name</c>; null for a host key's events.</summary>
    public required string? Agent { get; init; }

    /// <summary>The type's own fields.</summary>
    public required JsonElement Payload { get; init; }

    /// <summary>The host key that did it, if a key did.</summary>
    public required EventMetadata Metadata { get; init; }

    internal static EventView Of(LoggedEvent one) => JsonSerializer.Deserialize(one.Record.Span, Spelled.EventView)!;

    private static readonly GatewayJson Spelled = new(CouchJson.Configure(new JsonSerializerOptions()));
}

/// <summary>Information about an event beside its own fields.</summary>
public sealed record EventMetadata
{
    /// <summary>The host key that did it; null when no key did.</summary>
    public required ActorView? By { get; init; }
}

/// <summary>A page of events.</summary>
public sealed record EventList
{
    /// <summary>The events, oldest first; newest first where that was asked for.</summary>
    public required IReadOnlyList<EventView> Events { get; init; }

    /// <summary>How many are in this answer.</summary>
    public required int Count { get; init; }

    /// <summary>
    /// The <c>since_id</c> of the next page, or its <c>before_id</c> where the newest come first; null when there are no more events now.
    /// </summary>
    public required long? NextCursor { get; init; }

    /// <param name="events">One more than the page may have, where there is more.</param>
    /// <param name="limit">How many the page may have.</param>
    internal static EventList Of(IReadOnlyList<LoggedEvent> events, int limit)
    {
        var page = events.Take(limit).Select(EventView.Of).ToList();
        return new() { Events = page, Count = page.Count, NextCursor = page.Count < events.Count ? page[^1].Id : null };
    }
}

/// <summary>How many events there are.</summary>
public sealed record EventStats
{
    /// <summary>All events that are kept.</summary>
    public required long Total { get; init; }

    /// <summary>How many of each type; a type that is missing has none.</summary>
    public required IReadOnlyDictionary<string, long> ByType { get; init; }

    /// <summary>The id of the oldest that is kept; null where there is none.</summary>
    public required long? OldestId { get; init; }

    /// <summary>The id of the newest; null where there is none.</summary>
    public required long? NewestId { get; init; }

    internal static EventStats Of(IReadOnlyList<EventCount> counts) => new()
    {
        Total = counts.Sum(type => type.Count),
        ByType = counts.ToDictionary(type => type.Type, type => type.Count),
        OldestId = counts.Count == 0 ? null : counts.Min(type => type.Oldest),
        NewestId = counts.Count == 0 ? null : counts.Max(type => type.Newest),
    };
}
