using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Couch.Domain.Text;

namespace Couch.Domain.Webhooks;

/// <summary>A webhook's ULID. It is not a secret; the webhook's <see cref="Capabilities.WebhookSecret"/> is.</summary>
[GenerateSerializer, Immutable, Alias("couch.WebhookId")]
[JsonConverter(typeof(CouchIdConverter<WebhookId>))]
public readonly record struct WebhookId : ICouchId<WebhookId>
{
    private WebhookId(string value) => Value = value;

    /// <summary>The canonical 26 characters.</summary>
    [Id(0)] public string Value { get; }

    /// <summary>The millisecond the webhook was made.</summary>
    public DateTimeOffset CreatedAt => UlidText.TimeOf(Value);

    /// <summary>An id of the millisecond of <paramref name="now"/>, with 80 random bits from <paramref name="random"/>.</summary>
    public static WebhookId New(DateTimeOffset now, RandomNumberGenerator random) => new(UlidText.New(now, random));

    /// <inheritdoc/>
    public static bool TryParse(string? text, out WebhookId id)
    {
        id = UlidText.IsCanonical(text) ? new(text) : default;
        return id.Value is not null;
    }

    internal byte[] ToBytes() => UlidText.Bytes(Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
