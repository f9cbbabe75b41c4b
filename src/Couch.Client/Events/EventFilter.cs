using System.Globalization;
using Couch.Client.Http;

namespace Couch.Client;

/// <summary>Which events are wanted. What is null does not restrict them.</summary>
public record EventFilter
{
    /// <summary>Only these types, such as <c>couch.guest.killed</c>, or several that begin alike, such as <c>couch.guest.*</c>.</summary>
    public IReadOnlyCollection<string>? Types { get; init; }

    /// <summary>None of these types; spelled as for <see cref="Types"/>.</summary>
    public IReadOnlyCollection<string>? Exclude { get; init; }

    /// <summary>Only events of this agent: an invite's <c>createdBy</c> or a guest's <c>name</c>.</summary>
    public string? Agent { get; init; }

    /// <summary>Only events of this invite or this guest, by its id.</summary>
    public string? Subject { get; init; }

    internal virtual Query Query(long? sinceId) => new Query()
        .Add("since_id", sinceId).Add("type", Types).Add("exclude", Exclude).Add("agent", Agent).Add("subject", Subject);
}

/// <summary>Which events of the log are listed. What is null does not restrict the list.</summary>
public sealed record EventListFilter : EventFilter
{
    /// <summary>Only events after the one with this id.</summary>
    public long? SinceId { get; init; }

    /// <summary>Only events that happened then or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>How many are asked for at a time: 1 to 1000. Default: the couch's, 100.</summary>
    public int? PageSize { get; init; }

    /// <summary>
    /// How long an answer without events is held until there is one: at most a minute, and less than the timeout of the
    /// <see cref="HttpClient"/>. Default: not at all.
    /// </summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>Only events before the one with this id.</summary>
    public long? BeforeId { get; init; }

    /// <summary>Whether the newest come first. Default: the oldest do.</summary>
    public bool NewestFirst { get; init; }

    /// <summary>Where the first page begins.</summary>
    internal long? Start => NewestFirst ? BeforeId : SinceId;

    /// <param name="from">Where a page begins: at the start, or after the page before.</param>
    internal override Query Query(long? from) => base.Query(NewestFirst ? SinceId : from)
        .Add("before_id", NewestFirst ? from : BeforeId).Add("order", NewestFirst ? "desc" : null)
        .Add("since", Since).Add("limit", PageSize)
        .Add("wait", Wait?.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture));
}
