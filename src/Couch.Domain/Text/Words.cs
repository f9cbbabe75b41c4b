using System.Reflection;
using System.Text.Json.Serialization;

namespace Couch.Domain.Text;

/// <summary>The protocol's word for each value of an enum: what stands in its <see cref="JsonStringEnumMemberNameAttribute"/>.</summary>
public static class Words
{
    /// <summary>The word of <paramref name="value"/>.</summary>
    public static string Word<TEnum>(this TEnum value) where TEnum : struct, Enum => Table<TEnum>.ToWord[value];

    /// <summary>The value whose word is exactly <paramref name="word"/>; words have one spelling.</summary>
    public static bool TryParse<TEnum>(string word, out TEnum value) where TEnum : struct, Enum =>
        Table<TEnum>.FromWord.TryGetValue(word, out value);

    /// <summary>Every word of the enum, in the order of its values.</summary>
    public static IReadOnlyCollection<string> All<TEnum>() where TEnum : struct, Enum => Table<TEnum>.FromWord.Keys;

    private static class Table<TEnum> where TEnum : struct, Enum
    {
        public static readonly Dictionary<TEnum, string> ToWord = Enum.GetValues<TEnum>().ToDictionary(
            value => value,
            value => typeof(TEnum).GetField(value.ToString())!.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()!.Name);

        public static readonly Dictionary<string, TEnum> FromWord =
            ToWord.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
    }
}
