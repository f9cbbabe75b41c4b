using System.Text.Json;
using System.Text.Json.Serialization;

namespace Couch.VersSimulator;

/// <summary>The provider's spelling: <c>snake_case</c> names and words, absent values as null.</summary>
internal static class WireJson
{
    public static void Apply(JsonSerializerOptions json)
    {
        json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        json.AllowOutOfOrderMetadataProperties = true;
        json.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower));
        json.Converters.Add(new Seconds());
    }

    /// <summary>A span of time in a fault that is asked for: seconds, as a number.</summary>
    private sealed class Seconds : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TryGetDouble(out var seconds) && Math.Abs(seconds) <= TimeSpan.MaxValue.TotalSeconds / 2
                ? TimeSpan.FromSeconds(seconds)
                : throw new JsonException("a time is a number of seconds");

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.TotalSeconds);
    }
}
