using System.Text.Json.Serialization;
using Couch.Domain.Events;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Values;

namespace Couch.Domain.Webhooks;

/// <summary>
/// An address that receives events, one at a time, in the log's order. An event is sent again until the receiver takes it, and later
/// events wait for it. The secret that signs deliveries is derived from the id and is not stored.
/// </summary>
[GenerateSerializer, Immutable, Alias("couch.Webhook")]
public sealed record Webhook
{
    /// <summary>The longest address, in UTF-16 units.</summary>
    public const int MostUrl = 2048;

    /// <summary>How long a delivery is tried again before the webhook is parked.</summary>
    public static readonly TimeSpan KeepsTrying = TimeSpan.FromHours(24);

    /// <summary>It contains <see cref="CreatedAt"/>.</summary>
    [Id(0)] public required WebhookId Id { get; init; }

    /// <summary>Where events are sent: see <see cref="WhyNotUrl"/>.</summary>
    [Id(1)] public required string Url { get; init; }

    /// <summary>The types that are sent, in the form that <see cref="EventTypes"/> reads; null: all.</summary>
    [Id(2)] public string? Types { get; init; }

    /// <summary>What the webhook is for, in its maker's words: at most <see cref="Bounds.MostLabel"/> UTF-16 units.</summary>
    [Id(3)] public string? Description { get; init; }

    /// <summary>By which host key it was made.</summary>
    [Id(4)] public required Actor CreatedWith { get; init; }

    /// <summary>The last event that was delivered; at first the newest that there was as the webhook was made.</summary>
    [Id(5)] public long DeliveredId { get; init; }

    /// <summary>Whether the receiver takes its events.</summary>
    [Id(6)] public WebhookState State { get; init; }

    /// <summary>When the first attempt failed after the last success; null where the last attempt succeeded.</summary>
    [Id(7)] public DateTimeOffset? FailingSince { get; init; }

    /// <summary>What was wrong at the last attempt; null where it succeeded.</summary>
    [Id(8)] public string? LastError { get; init; }

    /// <summary>When a failed delivery is tried again; null where none is scheduled.</summary>
    [Id(9)] public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>How many attempts have failed since the last success.</summary>
    [Id(10)] public int Failures { get; init; }

    /// <summary>The millisecond the webhook was made, taken from the id.</summary>
    [JsonIgnore] public DateTimeOffset CreatedAt => Id.CreatedAt;

    /// <summary>
    /// When its grain must act next; null: not before a host resumes it. For an active webhook this is a moment in the past, so that the
    /// grain is woken every minute: if the grain's memory was lost, this starts it again.
    /// </summary>
    [JsonIgnore]
    public DateTimeOffset? NextMoment => State switch
    {
        WebhookState.Active => CreatedAt,
        WebhookState.Failing => NextAttemptAt ?? CreatedAt,
        _ => null,
    };

    /// <summary>The types in <see cref="Types"/> that this version knows; null: all.</summary>
    [JsonIgnore] public IReadOnlySet<EventType>? Wanted => Types is null ? null : EventTypes.Known(Types);

    /// <summary>Null for an absolute http or https address that events may be sent to; else a sentence. See <see cref="Bounds"/>.</summary>
    public static string? WhyNotUrl(string url) =>
        Bounds.Required("url", url, MostUrl)
        ?? (Uri.TryCreate(url, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", UserInfo: "", Host: not "" }
            ? null
            : "url must be an absolute http or https address, without a user's name");

    /// <summary>Checks a webhook that was made, before it is kept.</summary>
    /// <param name="id">The id that it is kept under.</param>
    /// <exception cref="OutOfBoundsException">It is not within bounds, or has another id.</exception>
    public void MustBeNew(string id) => Bounds.Demand(
        WebhookId.TryParse(id, out var own) && own == Id ? null : "id must be the webhook's own",
        WhyNotUrl(Url),
        Types is null || EventTypes.Parse(Types) is not null ? null : $"types must name {EventTypes.Rule}",
        Bounds.Text("description", Description, Bounds.MostLabel),
        Bounds.Present("createdWith", CreatedWith),
        Actor.WhyNot(CreatedWith),
        this is { State: WebhookState.Active, FailingSince: null, LastError: null, NextAttemptAt: null, Failures: 0 }
            ? null
            : "a new webhook must not have failed");

    /// <summary>Whether an event may be sent now.</summary>
    public bool IsDue(DateTimeOffset now) => State switch
    {
        WebhookState.Active => true,
        WebhookState.Failing => !(now < NextAttemptAt),
        _ => false,
    };

    /// <summary>
    /// Records that the receiver took this event. An event that is recorded already, or an older one, changes nothing. A parked webhook
    /// stays parked.
    /// </summary>
    public Webhook ObserveDelivered(long eventId)
    {
        if (eventId <= DeliveredId)
            return this;
        return State is WebhookState.Parked ? this with { DeliveredId = eventId } : Well() with { DeliveredId = eventId };
    }

    /// <summary>
    /// Records that the receiver did not take this event. The event is tried again with growing pauses, for <see cref="KeepsTrying"/>;
    /// after that, or if <paramref name="isGone"/>, the webhook is parked. An event that was delivered meanwhile changes nothing.
    /// </summary>
    /// <param name="error">What failed; it may contain another party's text.</param>
    /// <param name="isGone">Whether the receiver said that it takes no more events.</param>
    /// <param name="jitter">From 0 up to 1: spreads retries of what failed at the same time.</param>
    public Webhook ObserveFailed(long eventId, string error, bool isGone, DateTimeOffset now, double jitter)
    {
        if (State is WebhookState.Parked || eventId <= DeliveredId)
            return this;

        var since = FailingSince ?? now;
        var failing = this with
        {
            State = WebhookState.Failing,
            FailingSince = since,
            LastError = ForeignText.Plain(error),
            Failures = Failures + 1,
            NextAttemptAt = null,
        };
        var end = since + KeepsTrying;
        if (isGone || now >= end)
            return failing with { State = WebhookState.Parked };
        var next = now.AddMilliseconds(Math.Round(WebhookRetries.After(failing.Failures, jitter).TotalMilliseconds));
        return failing with { NextAttemptAt = next < end ? next : end };
    }

    /// <summary>
    /// A parked webhook continues after the last delivered event. A failing one is tried at once, and <see cref="FailingSince"/> stays;
    /// an active one does not change.
    /// </summary>
    public Webhook Resume(DateTimeOffset now) => State switch
    {
        WebhookState.Parked => Well(),
        WebhookState.Failing when NextAttemptAt > now => this with { NextAttemptAt = now },
        _ => this,
    };

    private Webhook Well() => this with
    {
        State = WebhookState.Active,
        FailingSince = null,
        LastError = null,
        NextAttemptAt = null,
        Failures = 0,
    };
}
