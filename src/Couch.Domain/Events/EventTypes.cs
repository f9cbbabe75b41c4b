using Couch.Domain.Text;

namespace Couch.Domain.Events;

/// <summary>
/// Reads a filter of types: words of types, separated by commas. A word that ends in <c>.*</c> stands for all types that begin so.
/// </summary>
public static class EventTypes
{
    /// <summary>The rule in words, as the end of a sentence.</summary>
    public static string Rule { get; } =
        $"types, with commas between them: {string.Join(", ", Words.All<EventType>())}; or what several begin with, such as couch.guest.*";

    /// <summary>The types that the text names; null where a word of it matches no type.</summary>
    public static IReadOnlySet<EventType>? Parse(string text)
    {
        var each = text.Split(',').Select(Named).ToList();
        return each.Exists(named => named.Count == 0) ? null : each.SelectMany(named => named).ToHashSet();
    }

    /// <summary>The types that the text names; words that match no type are ignored.</summary>
    public static IReadOnlySet<EventType> Known(string text) => text.Split(',').SelectMany(Named).ToHashSet();

    private static IReadOnlyList<EventType> Named(string word) => word.EndsWith(".*", StringComparison.Ordinal)
        ? [.. Enum.GetValues<EventType>().Where(type => type.Word().StartsWith(word[..^1], StringComparison.Ordinal))]
        : Words.TryParse<EventType>(word, out var type) ? [type] : [];
}
