using System.Text.Json;
using System.Text.Json.Serialization;

namespace Couch.Domain.Text;

/// <summary>The id of an invite, a guest, a host key or a webhook: a ULID. Not a secret.</summary>
public interface ICouchId<TSelf> where TSelf : struct, ICouchId<TSelf>
{
    /// <summary>The canonical 26 characters.</summary>
    string Value { get; }

    /// <summary>True for a ULID in its canonical spelling, of a time before the year 9900; else false, and the id is the default.</summary>
    static abstract bool TryParse(string? text, out TSelf id);
}

/// <summary>Writes an id as its text in JSON, and reads it back.</summary>
internal sealed class CouchIdConverter<TId> : JsonConverter<TId> where TId : struct, ICouchId<TId>
{
    public override TId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TId.TryParse(reader.GetString(), out var id) ? id : throw new JsonException($"not a {typeof(TId).Name}");

    public override void Write(Utf8JsonWriter writer, TId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
