using Couch.Cluster.Webhooks;
using Couch.Domain.Capabilities;
using Couch.Domain.Webhooks;
using Couch.Gateway.Access;

namespace Couch.Gateway.Webhooks;

/// <summary>A webhook, without its secret.</summary>
public sealed record WebhookView
{
    /// <summary>Its ULID.</summary>
    public required string Id { get; init; }

    /// <summary>Where events are sent.</summary>
    public required string Url { get; init; }

    /// <summary>Only these types; null: all.</summary>
    public required IReadOnlyList<string>? Types { get; init; }

    /// <summary>What it is for.</summary>
    public required string? Description { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The host key that made it.</summary>
    public required ActorView CreatedWith { get; init; }

    /// <summary>Whether its events are delivered.</summary>
    public required WebhookState State { get; init; }

    /// <summary>
    /// The id of the last event that was delivered; before the first delivery, the id of the newest event when the webhook was
    /// made.
    /// </summary>
    public required long DeliveredId { get; init; }

    /// <summary>How many events of its types wait for their delivery; not counted beyond 10,000.</summary>
    public required long Behind { get; init; }

    /// <summary>What was wrong at the last attempt; null when it succeeded.</summary>
    public required string? LastError { get; init; }

    /// <summary>Since when every attempt has failed; null when the last one succeeded.</summary>
    public required DateTimeOffset? FailingSince { get; init; }

    /// <summary>When the next attempt is due; null when none is.</summary>
    public required DateTimeOffset? NextAttemptAt { get; init; }

    /// <param name="behind">How many events wait.</param>
    internal static WebhookView Of(Webhook webhook, long behind) => new()
    {
        Id = webhook.Id.Value,
        Url = webhook.Url,
        Types = webhook.Types?.Split(','),
        Description = webhook.Description,
        CreatedAt = webhook.CreatedAt,
        CreatedWith = ActorView.Of(webhook.CreatedWith),
        State = webhook.State,
        DeliveredId = webhook.DeliveredId,
        Behind = behind,
        LastError = webhook.LastError,
        FailingSince = webhook.FailingSince,
        NextAttemptAt = webhook.NextAttemptAt,
    };
}

/// <summary>A webhook that has just been made.</summary>
public sealed record CreatedWebhookView
{
    /// <summary>The secret that signs its deliveries, beginning <c>whsec_</c>: shown here and nowhere else.</summary>
    public required string Secret { get; init; }

    /// <summary>Its ULID.</summary>
    public required string Id { get; init; }

    /// <summary>Where events are sent.</summary>
    public required string Url { get; init; }

    /// <summary>Only these types; null: all.</summary>
    public required IReadOnlyList<string>? Types { get; init; }

    /// <summary>What it is for.</summary>
    public required string? Description { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether its events are delivered.</summary>
    public required WebhookState State { get; init; }

    /// <summary>The id of the newest event when the webhook was made: the events after it are sent.</summary>
    public required long DeliveredId { get; init; }

    internal static CreatedWebhookView Of(Webhook webhook, SigningKeys signing) => new()
    {
        Secret = signing.SecretsOf(webhook.Id)[0].Reveal(),
        Id = webhook.Id.Value,
        Url = webhook.Url,
        Types = webhook.Types?.Split(','),
        Description = webhook.Description,
        CreatedAt = webhook.CreatedAt,
        State = webhook.State,
        DeliveredId = webhook.DeliveredId,
    };
}

/// <summary>A page of webhooks.</summary>
public sealed record WebhookList
{
    /// <summary>The webhooks, newest first.</summary>
    public required IReadOnlyList<WebhookView> Webhooks { get; init; }

    /// <summary>How many are in this answer.</summary>
    public required int Count { get; init; }

    /// <summary>The <c>cursor</c> of the next page; null at the end.</summary>
    public required string? NextCursor { get; init; }

    /// <summary>
    /// Ids of webhooks that belong here and whose stored rows this version of the couch cannot read; not in the count, and empty unless
    /// something is wrong.
    /// </summary>
    public required IReadOnlyList<string> Unreadable { get; init; }
}

/// <summary>A receiver's answer to a test.</summary>
public sealed record WebhookTestView
{
    /// <summary>Whether the receiver has accepted the event: it answered 2xx in time.</summary>
    public required bool Delivered { get; init; }

    /// <summary>The status code that it answered; null when it did not answer.</summary>
    public required int? Status { get; init; }

    /// <summary>What was wrong; null when the receiver has accepted the event.</summary>
    public required string? Error { get; init; }

    /// <summary>How long it took, in milliseconds.</summary>
    public required long DurationMs { get; init; }

    internal static WebhookTestView Of(WebhookAnswer answer) => new()
    {
        Delivered = answer.Error is null,
        Status = answer.Status,
        Error = answer.Error,
        DurationMs = (long)answer.Took.TotalMilliseconds,
    };
}
