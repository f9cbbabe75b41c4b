using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Couch.Domain.Text;

/// <summary>Text of another party, such as a provider or an engine, made fit to be stored, logged and shown.</summary>
public static class ForeignText
{
    /// <summary>The greatest length of the text, in UTF-16 units.</summary>
    public const int Most = 1000;

    /// <summary>
    /// The text on one line of at most <see cref="Most"/> characters. Control and format characters, including those that change the
    /// direction of writing, become blanks; halves of surrogate pairs become U+FFFD. PostgreSQL refuses some of them, and others could
    /// forge a log line.
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
