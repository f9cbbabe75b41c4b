using System.Text.Json;
using System.Text.Json.Serialization;
using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Events;

/// <summary>How an event is printed.</summary>
internal static class EventViews
{
    private const int LongestType = 27;

    public static View<CouchEvent> Event { get; } = new(one => Words.Number(one.Id),
        new("id", one => Words.Number(one.Id)),
        new("timestamp", one => Words.Time(one.Timestamp)),
        new("type", one => one.Type),
        new("agent", one => one.Agent),
        new("by", one => Words.By(one.Metadata.By)),
        new("payload", one => one.Payload.ValueKind is JsonValueKind.Undefined
            ? null
            : JsonSerializer.Serialize(one.Payload, PayloadJson.Default.JsonElement)));

    /// <summary>On one line, for a person.</summary>
    public static string Line(CouchEvent one)
    {
        var by = Words.By(one.Metadata.By);
        return Visible.Of(
            $"{Words.Time(one.Timestamp)}  {one.Type.PadRight(LongestType)}  {one.Agent}"
                + $"{(by is null ? "" : $" (by {by})")}{Fields(one.Payload)}");
    }

    private static string Fields(JsonElement payload) => payload.ValueKind is not JsonValueKind.Object
        ? ""
        : string.Concat(payload.EnumerateObject()
            .Where(field => field.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
            .Select(field => $"  {field.Name}={field.Value}"));
}

/// <summary>An event's own fields, as they are.</summary>
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class PayloadJson : JsonSerializerContext;
