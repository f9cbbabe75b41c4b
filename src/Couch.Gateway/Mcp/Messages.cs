using System.Text.Json;

namespace Couch.Gateway.Mcp;

/// <summary>A JSON-RPC message, as far as the couch has to know it before the SDK reads it.</summary>
/// <param name="Tool">The tool that it calls; null where it calls none.</param>
internal sealed record Message(string? Tool)
{
    private const int MostDepth = 64;

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
            return Read(json.RootElement);
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

    private static Message? Read(JsonElement message)
    {
        if (message.ValueKind is not JsonValueKind.Object || !IsText(message))
            return null;
        if (!message.TryGetProperty("method", out var method))
            return new(Tool: null);
        if (method.ValueKind is not JsonValueKind.String
            || !MayBeObject(message, "params", out var parameters)
            || (parameters.ValueKind is JsonValueKind.Object && !MayBeObject(parameters, "_meta", out _)))
            return null;
        return method.ValueEquals("tools/call") ? ReadCall(parameters) : new(Tool: null);
    }

    private static Message? ReadCall(JsonElement parameters) =>
        parameters.ValueKind is JsonValueKind.Object
        && parameters.TryGetProperty("name", out var name) && name.ValueKind is JsonValueKind.String
        && (MayBeObject(parameters, "arguments", out var arguments) || arguments.ValueKind is JsonValueKind.Null)
            ? new(name.GetString())
            : null;

    /// <summary>Whether a field is an object, where it is there.</summary>
    private static bool MayBeObject(JsonElement message, string name, out JsonElement field) =>
        !message.TryGetProperty(name, out field) || field.ValueKind is JsonValueKind.Object;

    /// <summary>Whether every name and every text is Unicode: an escape may be half of a character.</summary>
    private static bool IsText(JsonElement value)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.Object => value.EnumerateObject().All(property => property.Name is not null && IsText(property.Value)),
                JsonValueKind.Array => value.EnumerateArray().All(IsText),
                JsonValueKind.String => value.GetString() is not null,
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
