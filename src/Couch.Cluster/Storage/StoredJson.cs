using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Couch.Cluster.Housekeeping;
using Couch.Domain.Bulk;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Webhooks;

namespace Couch.Cluster.Storage;

/// <summary>When a row's grain must act next.</summary>
/// <param name="Ring">The grain's place on Orleans' hash ring, as the table's integers have it.</param>
internal sealed record Wake(DateTimeOffset At, int Ring);

/// <summary>
/// Reads and writes a row's text. A row that is not exactly a state of this version (an unknown word, an invalid date, a field that
/// is missing, null or of another type) is refused, and never partly understood. Fields that this version does not know are
/// accepted, and written back unchanged.
/// </summary>
internal static class StoredJson
{
    // Stored beside a state's own fields in its row, and repeated in the table's columns wake_at and ring.
    private const string WakeAt = "wakeAt";
    private const string Ring = "ring";

    // Taken out of the row by the statement that writes it.
    private const string Events = "events";

    private static readonly JsonSerializerOptions Reading = new(CouchJson.Stored)
    {
        RespectNullableAnnotations = true,
        Converters = { new ExactWords() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { PassOverWake } },
    };

    private static readonly JsonSerializerOptions ReadingKnownFields = new(Reading)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>The state in <paramref name="text"/>; null where it cannot be read.</summary>
    /// <param name="key">The row's own key, which the state must name too.</param>
    /// <param name="why">What is wrong with it, for an operator; null when nothing is.</param>
    public static T? TryRead<T>(string key, string text, out string? why) where T : class
    {
        var row = Try<T>(text, Reading, out why);
        return row is not null && (why = WhyNotOf(row, key)) is null ? row : null;
    }

    /// <summary>The state in <paramref name="text"/>, whatever its key; null when it cannot be read.</summary>
    /// <param name="unknown">The fields, at any depth, that this version does not know; null when there are none.</param>
    public static T? TryRead<T>(string text, out JsonObject? unknown, out string? why) where T : class
    {
        unknown = null;
        // Usually every field is known; a search for unknown ones costs as much as reading.
        if (Try<T>(text, ReadingKnownFields, out why) is { } known)
            return known;
        var row = Try<T>(text, Reading, out why);
        if (row is not null)
            unknown = Unknown(JsonSerializer.Deserialize<JsonElement>(text), typeof(T));
        return row;
    }

    /// <summary>The state as a row's text, with the fields that came with it and that this version does not know.</summary>
    /// <param name="wake">When its grain must act next; null: never again.</param>
    /// <param name="events">What the write puts into the log; null: nothing.</param>
    public static byte[] Write<T>(T state, JsonObject? unknown, Wake? wake, JsonArray? events) where T : class
    {
        if (unknown is null && events is null)
            return Append(JsonSerializer.SerializeToUtf8Bytes(state, CouchJson.Stored), wake);
        var fields = JsonSerializer.SerializeToNode(state, CouchJson.Stored)!.AsObject();
        if (unknown is not null)
            Add(unknown, fields, typeof(T));
        return JsonSerializer.SerializeToUtf8Bytes(With(fields, wake, events), CouchJson.Stored);
    }

    /// <summary>A row's text, whatever else it contains, with the fields that are written beside a state.</summary>
    /// <param name="text">A JSON object.</param>
    /// <inheritdoc cref="Write"/>
    public static string Write(string text, Wake? wake, JsonArray? events) =>
        With(JsonNode.Parse(text)!.AsObject(), wake, events).ToJsonString(CouchJson.Stored);

    /// <summary>When the row's grain must act next, in milliseconds since 1970; null when the row does not say.</summary>
    /// <param name="text">JSON.</param>
    public static long? WakesAt(string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(WakeAt);
            reader.Read();
            if (isIt)
                return reader.TokenType is JsonTokenType.Number && reader.TryGetInt64(out var moment) ? moment : null;
            reader.Skip();
        }

        return null;
    }

    /// <summary>Why the state does not belong to this row, or has no valid time; null when it belongs to it and has one.</summary>
    public static string? WhyNotOf(object state, string key)
    {
        try
        {
            // A well-formed id may name a moment beyond the calendar.
            var (id, _) = state switch
            {
                Guest guest => (guest.Id.Value, guest.CreatedAt),
                Invite invite => (invite.Id.Value, invite.Redemption?.RedeemedAt ?? invite.CreatedAt),
                HostKey hostKey => (hostKey.Id.Value, hostKey.CreatedAt),
                Webhook webhook => (webhook.Id.Value, webhook.CreatedAt),
                BulkOrder order => (order.Id.Value, order.CreatedAt),
                _ => (key, default),
            };
            return id == key ? null : "Its id is another row's.";
        }
        catch (ArgumentOutOfRangeException)
        {
            return "Its id names no time.";
        }
    }

    private static byte[] Append(byte[] state, Wake? wake)
    {
        if (wake is null)
            return state;
        var isEmpty = state.AsSpan().SequenceEqual("{}"u8);
        var fields = string.Create(
            CultureInfo.InvariantCulture,
            $"{(isEmpty ? "" : ",")}\"{WakeAt}\":{wake.At.ToUnixTimeMilliseconds()},\"{Ring}\":{wake.Ring}}}");
        return [.. state.AsSpan()[..^1], .. Encoding.UTF8.GetBytes(fields)];
    }

    private static JsonObject With(JsonObject fields, Wake? wake, JsonArray? events)
    {
        fields.Remove(WakeAt);
        fields.Remove(Ring);
        fields.Remove(Events);
        if (wake is not null)
            (fields[WakeAt], fields[Ring]) = (wake.At.ToUnixTimeMilliseconds(), wake.Ring);
        if (events is not null)
            fields[Events] = events.DeepClone();
        return fields;
    }

    /// <summary>
    /// Fields that belong to no state: skipped when a state is read, and never treated as fields that only another version knows.
    /// </summary>
    private static void PassOverWake(JsonTypeInfo type)
    {
        if (type.Type != typeof(Guest) && type.Type != typeof(Invite) && type.Type != typeof(Webhook)
            && type.Type != typeof(BulkOrder) && type.Type != typeof(HousekeepingState))
            return;
        foreach (var name in new[] { WakeAt, Ring })
        {
            var field = type.CreateJsonPropertyInfo(typeof(JsonElement), name);
            field.Set = (_, _) => { };
            type.Properties.Add(field);
        }
    }

    private static T? Try<T>(string text, JsonSerializerOptions options, out string? why) where T : class
    {
        try
        {
            var row = JsonSerializer.Deserialize<T>(text, options);
            why = row is null ? "It is null." : null;
            return row;
        }
        catch (Exception failure)
        {
            // Whatever exception a state's own types throw, the row cannot be read.
            why = failure.Message;
            return null;
        }
    }

    private static JsonObject? Unknown(JsonElement raw, Type type)
    {
        if (raw.ValueKind is not JsonValueKind.Object || KnownFields(type) is not { } known)
            return null;

        JsonObject? unknown = null;
        foreach (var field in raw.EnumerateObject())
        {
            if (!known.TryGetValue(field.Name, out var inside))
                (unknown ??= [])[field.Name] = Node(field.Value);
            else if (Unknown(field.Value, inside) is { } deeper)
                (unknown ??= [])[field.Name] = deeper;
        }

        return unknown;
    }

    private static void Add(JsonObject unknown, JsonObject fields, Type type)
    {
        var known = KnownFields(type)!;
        foreach (var (name, value) in unknown)
        {
            if (!known.TryGetValue(name, out var inside))
                fields[name] = value?.DeepClone();
            // Unknown fields of a record that no longer exists are removed with it.
            else if (fields[name] is JsonObject record && value is JsonObject deeper)
                Add(deeper, record, inside);
        }
    }

    /// <summary>The fields of a record, each with its type; null for a type that is no record.</summary>
    private static Dictionary<string, Type>? KnownFields(Type type) =>
        Reading.GetTypeInfo(type) is { Kind: JsonTypeInfoKind.Object } info
            ? info.Properties.Where(property => property.Set is not null).ToDictionary(
                property => property.Name, property => property.PropertyType)
            : null;

    private static JsonNode? Node(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Object => JsonObject.Create(value),
        JsonValueKind.Array => JsonArray.Create(value),
        _ => JsonValue.Create(value),
    };

    /// <summary>Accepts only the words that this version knows, spelled exactly so: the table's columns compare texts.</summary>
    private sealed class ExactWords : JsonConverterFactory
    {
        public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

        public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
            (JsonConverter)Activator.CreateInstance(typeof(Of<>).MakeGenericType(typeToConvert))!;

        private sealed class Of<TEnum> : JsonConverter<TEnum> where TEnum : struct, Enum
        {
            public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
                reader.TokenType is JsonTokenType.String && Words.TryParse<TEnum>(reader.GetString()!, out var value)
                    ? value
                    : throw new JsonException();

            public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options) =>
                writer.WriteStringValue(value.Word());
        }
    }
}
