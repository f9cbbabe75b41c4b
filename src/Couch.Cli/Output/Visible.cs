using System.Globalization;
using System.Text;

namespace Couch.Cli.Output;

/// <summary>
/// Text that somebody else wrote, as a terminal may have it: a name or a label could move the cursor, change the direction of writing or
/// forge a line.
/// </summary>
internal static class Visible
{
    /// <summary>
    /// The text with control and format characters as escapes, such as <c>\n</c>, <c>\x1b</c> and <c>\u202e</c>. Halves of surrogate
    /// pairs are shown too.
    /// </summary>
    public static string Of(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        if (text.All(letter => letter is >= ' ' and <= '~'))
            return text;

        var visible = new StringBuilder(text.Length + 16);
        for (var at = 0; at < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, at, out var rune))
            {
                visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[at]:x4}");
                at++;
                continue;
            }

            at += rune.Utf16SequenceLength;
            if (!IsHidden(rune))
                visible.Append(rune);
            else
                visible.Append(Escaped(rune.Value));
        }

        return visible.ToString();
    }

    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    private static string Escaped(int value) => value switch
    {
        '\t' => "\\t",
        '\n' => "\\n",
        '\r' => "\\r",
        <= 0xff => $"\\x{value:x2}",
        <= 0xffff => $"\\u{value:x4}",
        _ => $"\\U{value:x8}",
    };
}
