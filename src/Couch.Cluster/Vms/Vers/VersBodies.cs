using System.Text.Json;
using System.Text.Json.Serialization;
using Couch.Domain.Guests;

namespace Couch.Cluster.Vms.Vers;

// The fields of the provider's description that are sent and read here; other fields are ignored.

internal sealed record CreateBody(Guid CommitId);

internal sealed record CreatedBody([property: JsonConverter(typeof(VmIdConverter))] string VmId);

internal sealed record LabelBody(IReadOnlyDictionary<string, string> Labels);

internal sealed record CreateTagBody(string TagName, Guid CommitId, string Description);

internal sealed record DescribeTagBody(string Description);

internal sealed record TagBody(string? Description = null);

internal sealed record DiskBody(int FsSizeMib);

/// <param name="Mode">The permission bits.</param>
internal sealed record WriteFileBody(string Path, [property: JsonPropertyName("content_b64")] byte[] Content, int Mode, bool CreateDirs);

internal sealed record FileBody([property: JsonPropertyName("content_b64")] byte[] Content);

internal sealed record ExecBody(IReadOnlyList<string> Command, int TimeoutSecs);

internal sealed record ExecutedBody(int ExitCode, string Stdout, string Stderr);

internal sealed record ErrorBody(string Error);

/// <param name="State">
/// <c>booting</c>, <c>running</c>, <c>paused</c>, <c>sleeping</c>, <c>dead</c>, or a word of a later API.
/// </param>
/// <param name="Labels">Null or empty when it carries none.</param>
internal sealed record VersVm(
    [property: JsonConverter(typeof(VmIdConverter))] string VmId,
    DateTimeOffset CreatedAt,
    string State,
    [property: JsonConverter(typeof(LabelsConverter))] IReadOnlyDictionary<string, string>? Labels = null)
{
    public bool IsDead => State is "dead";

    public bool IsBooting => State is "booting";

    public string? Guest => Labels?.GetValueOrDefault(VmLabels.Guest);

    public string? Installation => Labels?.GetValueOrDefault(VmLabels.Installation);

    public bool IsClaimedBy(GuestId guest, string installation) => Guest == guest.Value && Installation == installation;
}

internal static class VersJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // No answer of the provider is deeper than a list of VMs with labels.
        MaxDepth = 8,
        // An answer that lacks a promised field is invalid.
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };
}

/// <summary>A VM's id is a UUID. Any other text is refused, because an id is stored, shown, and put into addresses.</summary>
internal sealed class VmIdConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.String && reader.GetString() is { } text && Guid.TryParseExact(text, "D", out _)
            ? text
            : throw new JsonException("a vm_id is no UUID");

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}

/// <summary>A VM's labels, of which there are few: read one by one, so that a list of them cannot fill memory.</summary>
internal sealed class LabelsConverter : JsonConverter<IReadOnlyDictionary<string, string>>
{
    private const int Most = 64;

    public override IReadOnlyDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not JsonTokenType.StartObject)
            throw new JsonException("labels are no object");
        var labels = new Dictionary<string, string>();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (labels.Count == Most || !reader.Read() || reader.TokenType is not JsonTokenType.String)
                throw new JsonException($"labels are not text, or more than {Most}");
            labels[name] = reader.GetString()!;
        }

        return labels;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, options);
}
