using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;

namespace Couch.Gateway.Mcp;

/// <summary>The JSON Schema of an answer, from the record that the endpoint answers with.</summary>
internal static class OutputSchema
{
    private static readonly JsonSchemaExporterOptions Exported = new()
    {
        TreatNullObliviousAsNonNullable = true,
        // What the couch's own converters write, the exporter cannot know.
        TransformSchemaNode = (context, schema) => context.TypeInfo.Type switch
        {
            var type when type == typeof(DateTimeOffset) => Time("string"),
            var type when type == typeof(DateTimeOffset?) => Time(new JsonArray("string", "null")),
            var type when type == typeof(JsonElement) => new JsonObject { ["type"] = "object" },
            _ => schema,
        },
    };

    public static JsonElement Of(Type answer, JsonSerializerOptions options) =>
        JsonSerializer.SerializeToElement(options.GetTypeInfo(answer).GetJsonSchemaAsNode(Exported));

    private static JsonObject Time(JsonNode type) => new() { ["type"] = type, ["format"] = "date-time" };
}
