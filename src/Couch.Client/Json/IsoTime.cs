using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Couch.Client.Json;

/// <summary>Times as the protocol spells them: ISO 8601 in UTC, three fraction digits, ending in <c>Z</c>.</summary>
internal sealed class IsoTime : JsonConverter<DateTimeOffset>
{
    public static string Of(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Of(value));
}
