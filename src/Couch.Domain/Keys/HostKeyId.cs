using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Couch.Domain.Text;

namespace Couch.Domain.Keys;

/// <summary>A host key's ULID. Not a secret: the key's text is.</summary>
[GenerateSerializer, Immutable, Alias("couch.HostKeyId")]
[JsonConverter(typeof(CouchIdConverter<HostKeyId>))]
public readonly record struct HostKeyId : ICouchId<HostKeyId>
{
    private HostKeyId(string value) => Value = value;

    /// <summary>The canonical 26 characters.</summary>
    [Id(0)] public string Value { get; }

    /// <summary>The millisecond the key was made.</summary>
    public DateTimeOffset CreatedAt => UlidText.TimeOf(Value);

    /// <summary>An id of the millisecond of <paramref name="now"/>, with 80 random bits from <paramref name="random"/>.</summary>
    public static HostKeyId New(DateTimeOffset now, RandomNumberGenerator random) => new(UlidText.New(now, random));

    /// <inheritdoc/>
    public static bool TryParse(string? text, out HostKeyId id)
    {
        id = UlidText.IsCanonical(text) ? new(text) : default;
        return id.Value is not null;
    }

    internal static HostKeyId From(ReadOnlySpan<byte> bytes) => new(UlidText.From(bytes));

    internal byte[] ToBytes() => UlidText.Bytes(Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
