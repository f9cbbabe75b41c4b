using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Couch.Cli.Doctor;
using Couch.Cli.Import;
using Couch.Cli.Settings;
using Couch.Client;

namespace Couch.Cli.Output;

/// <summary>What is printed as JSON: the answers of the couch as the protocol spells them, and a few values of the command's own.</summary>
internal static class Json
{
    private static readonly JsonSerializerOptions InFull = new(CouchJson.Answers)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(CouchJson.Answers.TypeInfoResolver, CliJson.Default),
    };

    private static readonly JsonSerializerOptions Masked = new(InFull) { Converters = { new MaskingConverter() } };

    /// <summary>On one line. Characters that are not ASCII are escaped, and so are all that could harm a terminal.</summary>
    public static string Line<T>(T value, bool showSecrets)
    {
        var options = showSecrets ? InFull : Masked;
        return JsonSerializer.Serialize(value, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)));
    }
}

/// <summary>The command's own values.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContextView))]
[JsonSerializable(typeof(Finding))]
[JsonSerializable(typeof(Imported))]
internal sealed partial class CliJson : JsonSerializerContext;
