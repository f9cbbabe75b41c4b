using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Couch.Domain.Text;

namespace Couch.Domain.Guests;

/// <summary>A guest's ULID. Not a secret: the token is.</summary>
[GenerateSerializer, Immutable, Alias("couch.GuestId")]
[JsonConverter(typeof(CouchIdConverter<GuestId>))]
public readonly record struct GuestId : ICouchId<GuestId>
{
    private GuestId(string value) => Value = value;

    /// <summary>The canonical 26 characters.</summary>
    [Id(0)] public string Value { get; }

    /// <summary>The millisecond the invite was redeemed.</summary>
    public DateTimeOffset CreatedAt => UlidText.TimeOf(Value);

    /// <summary>An id of the millisecond of <paramref name="now"/>, with 80 random bits from <paramref name="random"/>.</summary>
    public static GuestId New(DateTimeOffset now, RandomNumberGenerator random) => new(UlidText.New(now, random));

    /// <summary>The lowest id that a guest of that millisecond can have: a lower bound for searches, never the id of a guest.</summary>
    public static GuestId LowestAt(DateTimeOffset time) => new(UlidText.LowestAt(time));

    /// <inheritdoc/>
    public static bool TryParse(string? text, out GuestId id)
    {
        id = UlidText.IsCanonical(text) ? new(text) : default;
        return id.Value is not null;
    }

    internal static GuestId From(ReadOnlySpan<byte> bytes) => new(UlidText.From(bytes));

    internal byte[] ToBytes() => UlidText.Bytes(Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
