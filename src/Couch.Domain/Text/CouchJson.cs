using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Couch.Domain.Text;

/// <summary>One JSON dialect for the wire and for the table: camelCase names, protocol words, ISO times.</summary>
public static class CouchJson
{
    /// <summary>Adds the dialect to <paramref name="options"/> and gives them back.</summary>
    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new IsoTimeConverter());
        return options;
    }

    /// <summary>The options by which a grain's row is written. People and the table's generated columns read it.</summary>
    public static JsonSerializerOptions Stored { get; } = Configure(new JsonSerializerOptions
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    });

    private sealed class IsoTimeConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToIso());
    }
}

/// <summary>Times as the protocol spells them.</summary>
public static class IsoTime
{
    /// <summary>ISO 8601 UTC, three fraction digits, ending in <c>Z</c>: of fixed width, so that text order is time order.</summary>
    public static string ToIso(this DateTimeOffset time) =>
        // The round-trip format has seven digits. Unlike a custom format, it is not parsed at every call.
        string.Concat(time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture).AsSpan(0, "2026-01-31T12:00:00.000".Length), "Z");

    /// <summary>The clock's time in whole milliseconds: what is stored and shown, so that a row read back equals the row written.</summary>
    public static DateTimeOffset Now(this TimeProvider clock) => clock.GetUtcNow().InWholeMilliseconds();

    /// <summary><paramref name="time"/> in UTC, without what is less than a millisecond.</summary>
    public static DateTimeOffset InWholeMilliseconds(this DateTimeOffset time) =>
        time.ToUniversalTime().AddTicks(-(time.Ticks % TimeSpan.TicksPerMillisecond));

    /// <summary><paramref name="time"/> plus fractional hours, in whole milliseconds.</summary>
    public static DateTimeOffset AddWholeHours(this DateTimeOffset time, double hours) =>
        time.AddMilliseconds(Math.Round(hours * 3_600_000));
}
