using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Couch.Client;

namespace Couch.Cli.Output;

/// <summary>Secrets as they are shown where nobody asked for them.</summary>
internal static partial class Masks
{
    /// <summary>What kind of secret it is, and nothing of it.</summary>
    public static string Of(Secret secret)
    {
        var text = secret.Reveal();
        return text.Length == 0 ? "" : $"{text[..(text.IndexOf('_', StringComparison.Ordinal) + 1)]}****";
    }

    /// <summary>The text with everything in it that looks like a code, a token or a key masked.</summary>
    public static string In(string text) => Secrets().Replace(text, "$1_****");

    [GeneratedRegex("(?<![A-Za-z])(inv|guest|couch|whsec)_[A-Za-z0-9+/=_.-]{8,}")]
    private static partial Regex Secrets();
}

/// <summary>Writes secrets masked.</summary>
internal sealed class MaskingConverter : JsonConverter<Secret>
{
    public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Masks.Of(value));
}
