using System.ComponentModel;
using System.Globalization;
using Couch.Cluster.Events;
using Couch.Domain.Events;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Values;
using Couch.Gateway.Requests;
using Microsoft.AspNetCore.Mvc;

namespace Couch.Gateway.Events;

/// <summary>Which events are asked for. An empty parameter is as good as none.</summary>
public class EventQuery
{
    /// <summary>Only events after this one: the id of the last event that the reader has.</summary>
    [Description("Only events after this one: the id of the last event that the reader has.")]
    [FromQuery(Name = "since_id")]
    public string? SinceId { get; init; }

    /// <summary>Only these types: types with commas between them, couch.guest.* for all that begin so.</summary>
    [Description("Only these types: types with commas between them, couch.guest.* for all that begin so.")]
    [FromQuery(Name = "type")]
    public string? Type { get; init; }

    /// <summary>None of these types; spelled as for type.</summary>
    [Description("None of these types; spelled as for type.")]
    [FromQuery(Name = "exclude")]
    public string? Exclude { get; init; }

    /// <summary>Only events of this agent: an invite's createdBy or a guest's name.</summary>
    [Description("Only events of this agent: an invite's createdBy or a guest's name.")]
    [FromQuery(Name = "agent")]
    public string? Agent { get; init; }

    /// <summary>Only events of this invite or this guest, by its id.</summary>
    [Description("Only events of this invite or this guest, by its id.")]
    [FromQuery(Name = "subject")]
    public string? Subject { get; init; }

    /// <summary>Only events that happened then or later: an ISO 8601 time.</summary>
    [Description("Only events that happened then or later: an ISO 8601 time.")]
    [FromQuery(Name = "since")]
    public string? Since { get; init; }

    internal long? ReadSinceId(Fields fields) => ReadId("since_id", SinceId, fields);

    internal static long? ReadId(string name, string? text, Fields fields)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (text.All(char.IsAsciiDigit) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && id <= Bounds.MostNumber)
            return id;
        fields.Wrong($"{name} must be an event's id: a whole number from 0 to 2^53");
        return null;
    }

    internal EventFilter ReadFilter(Fields fields)
    {
        var types = ReadTypes("type", Type, fields);
        if (ReadTypes("exclude", Exclude, fields) is { } excluded)
            types = [.. (types ?? [.. Enum.GetValues<EventType>()]).Except(excluded)];
        if (!string.IsNullOrEmpty(Subject) && !InviteId.TryParse(Subject, out _) && !GuestId.TryParse(Subject, out _))
            fields.Wrong("subject must be the id of an invite or of a guest");
        var agent = fields.Optional("agent", Agent, Bounds.MostName);
        return EventFilter.Of(types, agent, string.IsNullOrEmpty(Subject) ? null : Subject, fields.Time("since", Since));
    }

    private static HashSet<EventType>? ReadTypes(string name, string? text, Fields fields)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (EventTypes.Parse(text) is { } types)
            return [.. types];
        fields.Wrong($"{name} must name {EventTypes.Rule}");
        return null;
    }
}

/// <summary>Which page of the log is asked for.</summary>
public sealed class EventPageQuery : EventQuery
{
    /// <summary>Only events before this one: with order=desc, the nextCursor of the page before.</summary>
    [Description("Only events before this one: with order=desc, the nextCursor of the page before.")]
    [FromQuery(Name = "before_id")]
    public string? BeforeId { get; init; }

    /// <summary>asc: oldest first, the default. desc: newest first.</summary>
    [Description("asc: oldest first, the default. desc: newest first.")]
    [FromQuery(Name = "order")]
    public string? Order { get; init; }

    /// <summary>How many at most: 1 to 1000, default 100.</summary>
    [Description("How many at most: 1 to 1000, default 100.")]
    [FromQuery(Name = "limit")]
    public string? Limit { get; init; }

    /// <summary>Seconds to hold the answer while there is no event to show: 0 to 60, default 0.</summary>
    [Description("Seconds to hold the answer while there is no event to show: 0 to 60, default 0.")]
    [FromQuery(Name = "wait")]
    public string? Wait { get; init; }

    internal EventRange ReadRange(Fields fields) => new()
    {
        Since = ReadSinceId(fields) ?? 0,
        Before = ReadId("before_id", BeforeId, fields),
        IsNewestFirst = ReadOrder(fields),
    };

    private bool ReadOrder(Fields fields)
    {
        if (Order is not (null or "" or "asc" or "desc"))
            fields.Wrong("order must be asc or desc");
        return Order is "desc";
    }
}
