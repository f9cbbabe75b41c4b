using System.Text.Json;
using Couch.Gateway.Secrecy;

namespace Couch.Gateway.Mcp;

/// <summary>A JSON-RPC message, as far as the couch has to know it before the SDK reads it.</summary>
/// <param name="Tool">The tool that it calls; null where it calls none.</param>
/// <param name="HasSecretOutside">Whether a code, a token or a key stands outside a tool's arguments, where it would be traced.</param>
internal sealed record Message(string? Tool, bool HasSecretOutside)
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
        var hasSecret = HasSecret(message, redaction);
        if (!message.TryGetProperty("method", out var method))
            return new(Tool: null, hasSecret);
        if (method.ValueKind is not JsonValueKind.String
            || !MayBeObject(message, "params", out var parameters)
            || (parameters.ValueKind is JsonValueKind.Object && !MayBeObject(parameters, "_meta", out _)))
            return null;
        if (!method.ValueEquals("tools/call"))
            return new(Tool: null, hasSecret);
        return ToolOf(parameters) is { } tool ? new(tool, hasSecret) : null;
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

    private static bool HasSecret(JsonElement message, Redaction redaction) =>
        Texts(message, isOutsideAlone: true).Any(text => redaction.Finds(text, out _));

    /// <summary>Whether every name and every text is Unicode: an escape may be half of a character.</summary>
    private static bool IsText(JsonElement message)
    {
        try
        {
            return Texts(message, isOutsideAlone: false).All(text => text is not null);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <param name="isOutsideAlone">Whether what stands in a tool's arguments is left out.</param>
    private static IEnumerable<string> Texts(JsonElement value, bool isOutsideAlone) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(field => isOutsideAlone && field.NameEquals(Arguments)
            ? []
            : Texts(field.Value, isOutsideAlone).Prepend(field.Name)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(item => Texts(item, isOutsideAlone)),
        JsonValueKind.String => [value.GetString()!],
        _ => [],
    };
}
