namespace Couch.Client;

/// <summary>A webhook, without its secret.</summary>
public sealed record Webhook
{
    /// <summary>Its ULID.</summary>
    public required string Id { get; init; }

    /// <summary>Where events are sent.</summary>
    public required string Url { get; init; }

    /// <summary>Only these types; null: all.</summary>
    public IReadOnlyList<string>? Types { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The host key that made it.</summary>
    public Actor CreatedWith { get; init => field = value ?? Actor.Nobody; } = Actor.Nobody;

    /// <summary>Whether its events are delivered: see <see cref="WebhookState"/>.</summary>
    public required string State { get; init; }

    /// <summary>The id of the last event that was delivered; before the first, of the newest event when the webhook was made.</summary>
    public required long DeliveredId { get; init; }

    /// <summary>How many events of its types wait for their delivery; not counted beyond 10,000.</summary>
    public long Behind { get; init; }

    /// <summary>What was wrong at the last attempt; null when it succeeded.</summary>
    public string? LastError { get; init; }

    /// <summary>Since when every attempt has failed; null when the last one succeeded.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>When the next attempt is due; null when none is.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }
}

/// <summary>The words of a webhook's state. A later couch may have others.</summary>
public static class WebhookState
{
    /// <summary>The last attempt succeeded, or there was none yet.</summary>
    public const string Active = "active";

    /// <summary>The last attempt failed, and another follows.</summary>
    public const string Failing = "failing";

    /// <summary>Every attempt has failed for so long that no other follows until it is resumed.</summary>
    public const string Parked = "parked";
}

/// <summary>A webhook that has just been made.</summary>
public sealed record CreatedWebhook
{
    /// <summary>The secret that signs its deliveries, beginning <c>whsec_</c>: shown here and nowhere else.</summary>
    public required Secret Secret { get; init; }

    /// <summary>Its ULID.</summary>
    public required string Id { get; init; }

    /// <summary>Where events are sent.</summary>
    public required string Url { get; init; }

    /// <summary>Only these types; null: all.</summary>
    public IReadOnlyList<string>? Types { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether its events are delivered: see <see cref="WebhookState"/>.</summary>
    public required string State { get; init; }

    /// <summary>The id of the newest event when the webhook was made: the events after it are sent.</summary>
    public required long DeliveredId { get; init; }
}

/// <summary>A webhook to be made.</summary>
public sealed record NewWebhook
{
    /// <summary>Where events are sent: an absolute http or https address without a user's name, of at most 2048 characters.</summary>
    public required string Url { get; init; }

    /// <summary>Only these types, such as <c>couch.guest.killed</c> or <c>couch.guest.*</c>. Default: all.</summary>
    public IReadOnlyCollection<string>? Types { get; init; }

    /// <summary>What the webhook is for: at most 256 characters.</summary>
    public string? Description { get; init; }
}

/// <summary>A page of webhooks.</summary>
public sealed record WebhookPage
{
    /// <summary>The webhooks, newest first.</summary>
    public required IReadOnlyList<Webhook> Webhooks { get; init; }

    /// <summary>How many are on this page.</summary>
    public int Count { get; init; }

    /// <summary>Where the next page begins; null at the end.</summary>
    public string? NextCursor { get; init; }

    /// <summary>Ids of webhooks that belong here and whose stored rows the couch cannot read; empty unless something is wrong.</summary>
    public IReadOnlyList<string> Unreadable { get; init => field = value ?? []; } = [];
}

/// <summary>A receiver's answer to a test.</summary>
public sealed record WebhookTest
{
    /// <summary>Whether the receiver has accepted the event: it answered 2xx in time.</summary>
    public required bool Delivered { get; init; }

    /// <summary>The status code that it answered; null when it did not answer.</summary>
    public int? Status { get; init; }

    /// <summary>What was wrong; null when the receiver has accepted the event.</summary>
    public string? Error { get; init; }

    /// <summary>How long it took, in milliseconds.</summary>
    public long DurationMs { get; init; }
}
