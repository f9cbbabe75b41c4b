using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Couch.Client;

/// <summary>
/// An invite's code, a guest's token, the text of a host key, or the secret of a webhook. Its <see cref="ToString"/> does not show it, so
/// that a record which is logged does not either; <see cref="Reveal"/> does.
/// </summary>
[JsonConverter(typeof(SecretConverter))]
public readonly partial record struct Secret
{
    private const string Hidden = "***";
    private readonly string? text;

    /// <param name="text">The secret itself.</param>
    public Secret(string text) => this.text = text;

    /// <summary>Takes a secret as text.</summary>
    public static implicit operator Secret(string text) => new(text);

    /// <summary>Takes a secret as text.</summary>
    public static Secret FromString(string text) => new(text);

    /// <summary>The secret itself; empty where there is none.</summary>
    public string Reveal() => text ?? "";

    /// <summary>Three asterisks.</summary>
    public override string ToString() => Hidden;

    /// <summary>The text without anything that looks like a secret of a couch, whoever wrote it there.</summary>
    internal static string? Redact(string? text) => text is null ? null : Secrets().Replace(text, Hidden);

    [GeneratedRegex("(?:inv|guest|couch|whsec)_[A-Za-z0-9+/=_.-]{8,}")]
    private static partial Regex Secrets();
}

/// <summary>Reads and writes a secret as its text.</summary>
internal sealed class SecretConverter : JsonConverter<Secret>
{
    public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Reveal());
}
