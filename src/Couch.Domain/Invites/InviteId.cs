using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Couch.Domain.Text;

namespace Couch.Domain.Invites;

/// <summary>An invite's ULID. Not a secret: the code is.</summary>
[GenerateSerializer, Immutable, Alias("couch.InviteId")]
[JsonConverter(typeof(CouchIdConverter<InviteId>))]
public readonly record struct InviteId : ICouchId<InviteId>
{
    private InviteId(string value) => Value = value;

    /// <summary>The canonical 26 characters.</summary>
    [Id(0)] public string Value { get; }

    /// <summary>The millisecond the invite was made.</summary>
    public DateTimeOffset CreatedAt => UlidText.TimeOf(Value);

    /// <summary>An id of the millisecond of <paramref name="now"/>, with 80 random bits from <paramref name="random"/>.</summary>
    public static InviteId New(DateTimeOffset now, RandomNumberGenerator random) => new(UlidText.New(now, random));

    /// <inheritdoc/>
    public static bool TryParse(string? text, out InviteId id)
    {
        id = UlidText.IsCanonical(text) ? new(text) : default;
        return id.Value is not null;
    }

    internal static InviteId From(ReadOnlySpan<byte> bytes) => new(UlidText.From(bytes));

    internal byte[] ToBytes() => UlidText.Bytes(Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
