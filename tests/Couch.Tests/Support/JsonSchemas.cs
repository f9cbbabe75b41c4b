using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Couch.Tests.Support;

/// <summary>
/// Compares JSON with the schemas of an OpenAPI document, by the few keywords that ours use. It is stricter than a validator of JSON
/// Schema: a field that is not described is a fault, because nobody who reads the description knows of it. A keyword that is not known
/// here is an error, so that no check is lost unnoticed.
/// </summary>
internal sealed class JsonSchemas(ReadOnlyMemory<byte> document)
{
    /// <summary>Keywords that say nothing about a value.</summary>
    private static readonly string[] Prose = ["description", "title", "default", "example", "deprecated"];

    private readonly JsonElement named = JsonDocument.Parse(document).RootElement.GetProperty("components").GetProperty("schemas");

    /// <summary>What is wrong with a value, each fault with the place where it is.</summary>
    public IEnumerable<string> Faults(JsonElement value, JsonElement schema, string at)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            var faults = keyword.Name switch
            {
                "$ref" => Faults(value, named.GetProperty(keyword.Value.GetString()!.Split('/')[^1]), at),
                "oneOf" => Either(value, keyword.Value, at),
                "type" => IsOf(value, keyword.Value) ? [] : [$"{at} is {value.ValueKind}, and not {keyword.Value}"],
                "properties" => Fields(value, keyword.Value, schema.TryGetProperty("additionalProperties", out _), at),
                "additionalProperties" => Others(value, schema, keyword.Value, at),
                "required" => Missing(value, keyword.Value, at),
                "items" => Items(value, keyword.Value, at),
                "enum" => keyword.Value.EnumerateArray().Any(word => JsonElement.DeepEquals(word, value))
                    ? []
                    : [$"{at} is {value}, which is none of {keyword.Value}"],
                "format" => HasFormat(value, keyword.Value.GetString()!) ? [] : [$"{at} is {value}, which is no {keyword.Value}"],
                "pattern" => value.ValueKind is not JsonValueKind.String || Regex.IsMatch(value.GetString()!, keyword.Value.GetString()!)
                    ? []
                    : [$"{at} is {value}, which does not match {keyword.Value}"],
                _ when Prose.Contains(keyword.Name) => [],
                _ => throw new InvalidOperationException($"the keyword {keyword.Name} of a schema is not checked yet"),
            };
            foreach (var fault in faults)
                yield return fault;
        }
    }

    private List<string> Either(JsonElement value, JsonElement schemas, string at)
    {
        var faults = schemas.EnumerateArray().Select(schema => Faults(value, schema, at).ToList()).ToList();
        return faults.Count(one => one.Count == 0) switch
        {
            1 => [],
            // The one that comes nearest tells most.
            0 => faults.MaxBy(one => one.Count)!,
            var several => [$"{at} is of {several} of the schemas, and not of one"],
        };
    }

    private IEnumerable<string> Fields(JsonElement value, JsonElement properties, bool hasOthers, string at)
    {
        if (value.ValueKind is not JsonValueKind.Object)
            yield break;
        foreach (var field in value.EnumerateObject())
        {
            if (!properties.TryGetProperty(field.Name, out var property))
            {
                if (!hasOthers)
                    yield return $"{at}.{field.Name} is not described";
                continue;
            }

            foreach (var fault in Faults(field.Value, property, $"{at}.{field.Name}"))
                yield return fault;
        }
    }

    private IEnumerable<string> Others(JsonElement value, JsonElement schema, JsonElement other, string at) =>
        value.ValueKind is not JsonValueKind.Object || other.ValueKind is not JsonValueKind.Object
            ? []
            : from field in value.EnumerateObject()
              where !schema.TryGetProperty("properties", out var properties) || !properties.TryGetProperty(field.Name, out _)
              from fault in Faults(field.Value, other, $"{at}.{field.Name}")
              select fault;

    private static IEnumerable<string> Missing(JsonElement value, JsonElement required, string at) =>
        value.ValueKind is not JsonValueKind.Object
            ? []
            : from field in required.EnumerateArray()
              where !value.TryGetProperty(field.GetString()!, out _)
              select $"{at}.{field} is missing";

    private IEnumerable<string> Items(JsonElement value, JsonElement schema, string at) =>
        value.ValueKind is not JsonValueKind.Array
            ? []
            : value.EnumerateArray().SelectMany((item, place) => Faults(item, schema, $"{at}[{place}]"));

    private static bool IsOf(JsonElement value, JsonElement types) => types.ValueKind is JsonValueKind.Array
        ? types.EnumerateArray().Any(type => IsOf(value, type))
        : (types.GetString(), value.ValueKind) switch
        {
            ("null", JsonValueKind.Null) or ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) => true,
            ("string", JsonValueKind.String) or ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
            ("number", JsonValueKind.Number) => true,
            ("integer", JsonValueKind.Number) => value.TryGetInt64(out _),
            _ => false,
        };

    private static bool HasFormat(JsonElement value, string format) => (format, value.ValueKind) switch
    {
        ("int32", JsonValueKind.Number) => value.TryGetInt32(out _),
        ("int64", JsonValueKind.Number) => value.TryGetInt64(out _),
        ("double", JsonValueKind.Number) => double.IsFinite(value.GetDouble()),
        // As the protocol writes times: UTC, with milliseconds.
        ("date-time", JsonValueKind.String) => DateTimeOffset.TryParseExact(
            value.GetString(), "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _),
        ("uri", JsonValueKind.String) => Uri.TryCreate(value.GetString(), UriKind.Absolute, out _),
        (_, JsonValueKind.Null) => true,
        ("int32" or "int64" or "double" or "date-time" or "uri", _) => false,
        _ => throw new InvalidOperationException($"the format {format} of a schema is not checked yet"),
    };
}
