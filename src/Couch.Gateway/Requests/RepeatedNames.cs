using System.Buffers;
using System.Text.Json;

namespace Couch.Gateway.Requests;

/// <summary>
/// Finds a name that one JSON object gives twice. Readers differ in which of the two they take, so that a proxy or a person may
/// have approved of another than we would act on.
/// </summary>
internal static class RepeatedNames
{
    /// <summary>The path of the first that is repeated, at whatever depth; null where none is.</summary>
    /// <remarks>Of what is not JSON it says nothing: the reader does.</remarks>
    public static string? Find(ReadOnlySequence<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 64 });
        var objects = new Stack<(HashSet<string> Names, string Path)>();
        var path = "";
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject:
                        objects.Push(([], path));
                        break;
                    case JsonTokenType.EndObject:
                        path = objects.Pop().Path;
                        break;
                    case JsonTokenType.PropertyName:
                        var (names, within) = objects.Peek();
                        var name = reader.GetString()!;
                        path = within.Length == 0 ? name : $"{within}.{name}";
                        if (!names.Add(name))
                            return path;
                        break;
                }
            }
        }
        catch (Exception notJson) when (notJson is JsonException or InvalidOperationException)
        {
            return null;
        }

        return null;
    }
}
