using System.Text.Json;

namespace Couch.Cluster.Import;

/// <summary>One row of the original service's file.</summary>
public sealed record OriginalRow<T> where T : class, new()
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Its id, as far as it has one that can be read.</summary>
    public string? Id { get; private init; }

    /// <summary>Its status, as far as it has one that can be read.</summary>
    public string? Status { get; private init; }

    /// <summary>The row; null where it cannot be read.</summary>
    public T? Value { get; private init; }

    /// <summary>Why it cannot be read; null where it can.</summary>
    public string? WhyNot { get; private init; }

    internal static OriginalRow<T> Read(JsonElement row)
    {
        var named = new OriginalRow<T> { Id = Text(row, "id"), Status = Text(row, "status") };
        try
        {
            return named with { Value = row.Deserialize<T>(Json) ?? new() };
        }
        catch (JsonException wrong)
        {
            // The message quotes types of this program. The path has names of fields, which are this program's too.
            var field = wrong.Path?.TrimStart('$', '.');
            return named with
            {
                WhyNot = string.IsNullOrEmpty(field) ? "it is no object" : $"its field {field} has a value of another type",
            };
        }
    }

    private static string? Text(JsonElement row, string name)
    {
        try
        {
            return row.ValueKind is JsonValueKind.Object && row.TryGetProperty(name, out var text)
                && text.ValueKind is JsonValueKind.String
                ? text.GetString()
                : null;
        }
        // Half of a surrogate pair.
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
