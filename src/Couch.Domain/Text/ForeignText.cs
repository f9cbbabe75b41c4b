using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Couch.Domain.Text;

/// <summary>Another party's words, a provider's or an engine's, made fit to be stored, logged and shown.</summary>
public static class ForeignText
{
    /// <summary>How long it is at most, in UTF-16 units.</summary>
    public const int Most = 1000;

    /// <summary>
    /// The text on one line of at most <see cref="Most"/> characters. Control and format characters (those that turn the
    /// direction of writing are among them) become blanks, halves of surrogate pairs U+FFFD: PostgreSQL refuses some of
    /// them, and a log line can be forged with others.
    /// </summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Plain(string? text)
    {
        if (text is null || (text.Length <= Most && text.All(char.IsAscii) && !text.Any(char.IsControl)))
            return text;

        var plain = new StringBuilder(Math.Min(text.Length, Most));
        foreach (var rune in text.EnumerateRunes())
        {
            if (plain.Length + rune.Utf16SequenceLength >= Most)
                return plain.Append('…').ToString();
            var isOdd = Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            plain.Append(isOdd ? " " : rune.ToString());
        }

        return plain.ToString();
    }
}
