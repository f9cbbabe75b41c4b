using Couch.Domain.Text;

namespace Couch.Domain.Events;

/// <summary>Types as a reader names them: a type's word, or what several begin with and <c>.*</c> behind it; commas between.</summary>
public static class EventTypes
{
    /// <summary>What a text of types must name, as the end of a sentence.</summary>
    public static string Rule { get; } =
        $"types, with commas between them: {string.Join(", ", Words.All<EventType>())}; or what several begin with, such as couch.guest.*";

    /// <summary>The types that the text names; null where a part of it names none.</summary>
    public static IReadOnlySet<EventType>? Parse(string text)
    {
        var each = text.Split(',').Select(Named).ToList();
        return each.Exists(named => named.Count == 0) ? null : each.SelectMany(named => named).ToHashSet();
    }

    /// <summary>Those types that the text names and that this version has.</summary>
    public static IReadOnlySet<EventType> Known(string text) => text.Split(',').SelectMany(Named).ToHashSet();

    private static IReadOnlyList<EventType> Named(string word) => word.EndsWith(".*", StringComparison.Ordinal)
        ? [.. Enum.GetValues<EventType>().Where(type => type.Word().StartsWith(word[..^1], StringComparison.Ordinal))]
        : Words.TryParse<EventType>(word, out var type) ? [type] : [];
}
