using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Couch.Domain.Text;

namespace Couch.Domain.Bulk;

/// <summary>A bulk order's ULID. Not a secret, and shown to no caller.</summary>
[GenerateSerializer, Immutable, Alias("couch.BulkOrderId")]
[JsonConverter(typeof(CouchIdConverter<BulkOrderId>))]
public readonly record struct BulkOrderId : ICouchId<BulkOrderId>
{
    private BulkOrderId(string value) => Value = value;

    /// <summary>The canonical 26 characters.</summary>
    [Id(0)] public string Value { get; }

    /// <summary>The millisecond the order was given.</summary>
    public DateTimeOffset CreatedAt => UlidText.TimeOf(Value);

    /// <summary>An id of the millisecond of <paramref name="now"/>, with 80 random bits from <paramref name="random"/>.</summary>
    public static BulkOrderId New(DateTimeOffset now, RandomNumberGenerator random) => new(UlidText.New(now, random));

    /// <inheritdoc/>
    public static bool TryParse(string? text, out BulkOrderId id)
    {
        id = UlidText.IsCanonical(text) ? new(text) : default;
        return id.Value is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}
