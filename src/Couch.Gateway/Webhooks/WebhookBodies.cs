using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Couch.Domain.Events;
using Couch.Domain.Values;
using Couch.Domain.Webhooks;
using Couch.Gateway.Requests;

namespace Couch.Gateway.Webhooks;

/// <summary>A webhook to be made.</summary>
public sealed record CreateWebhookBody
{
    /// <summary>Where events are sent: an absolute http or https address without a user's name, of at most 2048 characters.</summary>
    [Required] public string? Url { get; init; }

    /// <summary>
    /// Only these types: each a type such as <c>couch.guest.killed</c>, or a prefix of several types, such as <c>couch.guest.*</c>. As a
    /// list, or as one text with commas between them. Default: all.
    /// </summary>
    public WantedTypes? Types { get; init; }

    /// <summary>What the webhook is for: at most 256 characters.</summary>
    public string? Description { get; init; }

    internal (string Url, string? Types, string? Description) Read(Fields fields)
    {
        var url = fields.Required("url", Url, Webhook.MostUrl);
        if (Webhook.WhyNotUrl(url) is { } whyNot)
            fields.Wrong(whyNot);
        var types = Types is null ? null : string.Join(',', Types.Text.Split(',').Distinct());
        if (types is not null && EventTypes.Parse(types) is null)
            fields.Wrong($"types must name {EventTypes.Rule}");
        return (url, types, fields.Optional("description", Description, Bounds.MostLabel));
    }
}

/// <summary>Types of events, as a list or as one text with commas between them.</summary>
/// <param name="Text">The types with commas between them.</param>
[JsonConverter(typeof(Reader))]
public sealed record WantedTypes(string Text)
{
    internal sealed class Reader : JsonConverter<WantedTypes>
    {
        public override WantedTypes Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType is JsonTokenType.String)
                return new(reader.GetString()!);
            if (reader.TokenType is not JsonTokenType.StartArray)
                throw new JsonException();

            var types = new List<string>();
            while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
                types.Add(reader.TokenType is JsonTokenType.String ? reader.GetString()! : throw new JsonException());
            return new(string.Join(',', types));
        }

        public override void Write(Utf8JsonWriter writer, WantedTypes value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Text);
    }
}
