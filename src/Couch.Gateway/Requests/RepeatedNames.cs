using System.Buffers;
using System.Text.Json;

namespace Couch.Gateway.Requests;

/// <summary>
/// Finds a name that one JSON object gives twice. Readers differ in which of the two values they take, so a proxy or a person may have
/// approved another value than the one the couch would use.
/// </summary>
internal static class RepeatedNames
{
    /// <summary>The path of the first that is repeated, at whatever depth; null where none is.</summary>
    /// <remarks>For text that is not JSON the result is null: the reader reports that.</remarks>
    public static string? Find(ReadOnlySequence<byte> json)
    {
        var reader = new Utf8JsonReader(WithoutMark(json), new JsonReaderOptions { MaxDepth = 64 });
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

    /// <summary>The reader of bodies skips a byte order mark, which would be no JSON here.</summary>
    private static ReadOnlySequence<byte> WithoutMark(ReadOnlySequence<byte> json)
    {
        var start = new SequenceReader<byte>(json);
        return start.IsNext("\ufeff"u8, advancePast: true) ? start.UnreadSequence : json;
    }
}
