using System.Text.Json;
using Couch.Gateway.Secrecy;

namespace Couch.Gateway.Mcp;

/// <summary>A JSON-RPC message, as far as the couch has to know it before the SDK reads it.</summary>
/// <param name="Tool">The tool that it calls; null where it calls none.</param>
/// <param name="HasId">Whether it asks for an answer: without an id it is a notification, which calls nothing.</param>
/// <param name="HasSecretOutside">Whether a code, a token or a key stands outside a tool's arguments, where it would be traced.</param>
internal sealed record Message(string? Tool, bool HasId, bool HasSecretOutside)
{
    private const int MostDepth = 64;
    private const string Arguments = "arguments";

    /// <summary>
    /// The message of a request whose body is held already; it is left to be read again. Null where it is none: the SDK takes it for
    /// granted that names are text and that text is Unicode.
    /// </summary>
    public static async ValueTask<Message?> Read(HttpContext context)
    {
        var body = context.Request.BodyReader;
        var read = await body.ReadAsync(context.RequestAborted);
        try
        {
            using var json = JsonDocument.Parse(read.Buffer, new JsonDocumentOptions { MaxDepth = MostDepth });
            return Read(json.RootElement, context.RequestServices.GetRequiredService<Redaction>());
        }
        catch (JsonException)
        {
            return null;
        }
        finally
        {
            body.AdvanceTo(read.Buffer.Start);
        }
    }

    private static Message? Read(JsonElement message, Redaction redaction)
    {
        if (message.ValueKind is not JsonValueKind.Object || !IsText(message))
            return null;
        var hasId = message.TryGetProperty("id", out var id) && id.ValueKind is JsonValueKind.String or JsonValueKind.Number;
        if (!message.TryGetProperty("method", out var method))
            return new(Tool: null, hasId, HasSecret(message, isCall: false, redaction));
        if (method.ValueKind is not JsonValueKind.String
            || !MayBeObject(message, "params", out var parameters)
            || (parameters.ValueKind is JsonValueKind.Object && !MayBeObject(parameters, "_meta", out _)))
            return null;
        var isCall = method.ValueEquals("tools/call");
        var hasSecret = HasSecret(message, isCall, redaction);
        if (!isCall)
            return new(Tool: null, hasId, hasSecret);
        return ToolOf(parameters) is { } tool ? new(tool, hasId, hasSecret) : null;
    }

    private static string? ToolOf(JsonElement parameters) =>
        parameters.ValueKind is JsonValueKind.Object
        && parameters.TryGetProperty("name", out var name) && name.ValueKind is JsonValueKind.String
        && (MayBeObject(parameters, Arguments, out var arguments) || arguments.ValueKind is JsonValueKind.Null)
            ? name.GetString()
            : null;

    /// <summary>Whether a field is an object, where it is there.</summary>
    private static bool MayBeObject(JsonElement message, string name, out JsonElement field) =>
        !message.TryGetProperty(name, out field) || field.ValueKind is JsonValueKind.Object;

    private static bool HasSecret(JsonElement message, bool isCall, Redaction redaction) =>
        (isCall ? TextsOutside(message) : Texts(message)).Any(text => redaction.Finds(text, out _));

    /// <summary>Whether every name and every text is Unicode: an escape may be half of a character.</summary>
    private static bool IsText(JsonElement message)
    {
        try
        {
            return Texts(message).All(text => text is not null);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static IEnumerable<string> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(Texts),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Texts),
        JsonValueKind.String => [value.GetString()!],
        _ => [],
    };

    private static IEnumerable<string> Texts(JsonProperty field) => Texts(field.Value).Prepend(field.Name);

    /// <summary>Those of a tool's call that are not in its <c>params.arguments</c>.</summary>
    private static IEnumerable<string> TextsOutside(JsonElement call) => call.EnumerateObject().SelectMany(field =>
        field.NameEquals("params") && field.Value.ValueKind is JsonValueKind.Object
            ? field.Value.EnumerateObject().Where(parameter => !parameter.NameEquals(Arguments)).SelectMany(Texts)
            : Texts(field));
}
