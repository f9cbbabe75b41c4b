using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Couch.Gateway.Mcp;

/// <summary>Turns a tool's arguments into its endpoint's request. What is wrong with them, the endpoint says.</summary>
internal static class Arguments
{
    public const string Id = "id";
    public const string IdempotencyKey = "idempotencyKey";
    private const string Limit = "limit";

    public static InnerRequest Forward(this CouchTool tool, IDictionary<string, JsonElement>? arguments)
    {
        var given = (arguments ?? new Dictionary<string, JsonElement>())
            .Where(argument => tool.Takes(argument.Key) && argument.Value.ValueKind is not JsonValueKind.Null)
            .ToDictionary();
        var path = tool.Pattern.Replace($"{{{Id}}}", Segment(given), StringComparison.Ordinal);
        given.Remove(Id);
        var key = given.Remove(IdempotencyKey, out var sent) ? Text(sent) : null;
        return new(tool.Method, path)
        {
            IdempotencyKey = key,
            Query = HttpMethods.IsGet(tool.Method) ? Query(given, tool.Rows) : default,
            Body = HttpMethods.IsPost(tool.Method) ? Body(given) : null,
        };
    }

    /// <summary>Every id is of letters and digits; anything else is as good as an unknown one, and could lead to another path.</summary>
    private static string Segment(Dictionary<string, JsonElement> given) =>
        given.TryGetValue(Id, out var id) && Text(id) is { Length: > 0 } text && text.All(char.IsAsciiLetterOrDigit) ? text : "_";

    private static QueryString Query(Dictionary<string, JsonElement> given, int? rows)
    {
        var query = QueryString.Create(given.Select(argument => KeyValuePair.Create(argument.Key, (string?)Text(argument.Value))));
        return rows is { } most && !given.ContainsKey(Limit) ? query.Add(Limit, most.ToString(CultureInfo.InvariantCulture)) : query;
    }

    private static ReadOnlyMemory<byte> Body(Dictionary<string, JsonElement> given)
    {
        var body = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        foreach (var (name, value) in given)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }

        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    private static string Text(JsonElement value) =>
        value.ValueKind is JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
