using System.Text.Json;

namespace Couch.Client;

/// <summary>An event: one transition, committed together with the state that it describes.</summary>
public sealed record CouchEvent
{
    /// <summary>The number of its place in the log. It grows in the order in which readers see events, and may have gaps.</summary>
    public required long Id { get; init; }

    /// <summary>Its ULID: the same in the log and in every delivery.</summary>
    public required string EventId { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary><c>couch</c>.</summary>
    public string Source { get; init => field = value ?? "couch"; } = "couch";

    /// <summary>What happened: see <see cref="EventTypes"/>.</summary>
    public required string Type { get; init; }

    /// <summary>An invite's <c>createdBy</c> or a guest's <c>name</c>; null for a host key's events.</summary>
    public string? Agent { get; init; }

    /// <summary>The type's own fields, as the protocol lists them.</summary>
    public JsonElement Payload { get; init; }

    /// <summary>The host key that did it, if a key did.</summary>
    public EventMetadata Metadata { get; init => field = value ?? new(); } = new();
}

/// <summary>Information about an event beside its own fields.</summary>
public sealed record EventMetadata
{
    /// <summary>The host key that did it; null when no key did.</summary>
    public Actor? By { get; init; }
}

/// <summary>A page of events.</summary>
public sealed record EventPage
{
    /// <summary>The events, oldest first unless the newest were asked for first.</summary>
    public required IReadOnlyList<CouchEvent> Events { get; init; }

    /// <summary>How many are on this page.</summary>
    public int Count { get; init; }

    /// <summary>The id after which the next page begins, in the order that was asked for; null when there are no more events now.</summary>
    public long? NextCursor { get; init; }
}

/// <summary>How many events are kept.</summary>
public sealed record EventStats
{
    /// <summary>All of them.</summary>
    public required long Total { get; init; }

    /// <summary>How many of each type; a type that is missing has none.</summary>
    public required IReadOnlyDictionary<string, long> ByType { get; init; }

    /// <summary>The id of the oldest; null where there is none.</summary>
    public long? OldestId { get; init; }

    /// <summary>The id of the newest; null where there is none.</summary>
    public long? NewestId { get; init; }
}
