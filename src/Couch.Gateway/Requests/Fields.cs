using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Couch.Domain.Values;
using Couch.Gateway.Problems;

namespace Couch.Gateway.Requests;

/// <summary>
/// Reads fields by the domain's <see cref="Bounds"/> and remembers the first that is out of them. A reader goes through all of its
/// fields and asks for <see cref="Refusal"/> at the end; what it has read until then means nothing if there is one.
/// </summary>
internal sealed partial class Fields
{
    private const double ASecond = 1 / 3600.0;

    /// <summary>Null where every field was within its bounds.</summary>
    public Refusal? Refusal { get; private set; }

    public void Wrong(string sentence) => Refusal ??= Refusals.Wrong(sentence);

    /// <summary>Text that must be there, without the blanks around it.</summary>
    public string Required(string name, string? text, int most)
    {
        var value = Optional(name, text, most);
        if (value is null)
            Wrong($"{name} is required");
        return value ?? "";
    }

    /// <summary>Text without the blanks around it; null where nothing is left.</summary>
    public string? Optional(string name, string? text, int most)
    {
        // Checked before trimming, which would remove tabs and newlines unnoticed.
        Ask(Bounds.Characters(name, text));
        var value = text?.Trim() is { Length: > 0 } trimmed && trimmed.EnumerateRunes().Any(IsSeen) ? trimmed : null;
        Ask(Bounds.Length(name, value, most));
        return value;
    }

    /// <summary>A time in hours. A time shorter than a second counts as a second, so that nothing is over before it is answered.</summary>
    public double Hours(string name, double? number, double otherwise, double most) =>
        Math.Max(Above0(name, number, otherwise, most), ASecond);

    public double Above0(string name, double? number, double otherwise, double most = Bounds.MostNumber, double least = 0)
    {
        var value = number ?? otherwise;
        Ask(Bounds.Above0(name, value, most) ?? Bounds.AtLeast(name, value, least));
        return value;
    }

    public double AtLeast0(string name, double? number, double otherwise) => AtLeast0(name, number) ?? otherwise;

    public double? AtLeast0(string name, double? number)
    {
        if (number is { } value)
            Ask(Bounds.AtLeast0(name, value));
        // Negative zero would be shown as -0.
        return number is 0 ? 0 : number;
    }

    /// <summary>A whole number, also where it is written with a fraction of zero.</summary>
    public long? Whole(string name, double? number)
    {
        if (number is not { } value)
            return null;
        var answer = Bounds.Whole(name, value);
        Ask(answer);
        return answer is null ? (long)value : null;
    }

    /// <summary>
    /// An ISO 8601 time with its offset, or a day, which begins in UTC. Other forms are refused: .NET would read 02/03/2026 and 12:00 too,
    /// as times that their writers may not mean.
    /// </summary>
    public DateTimeOffset? Time(string name, string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (Iso8601().IsMatch(text)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return time;
        Wrong($"{name} must be an ISO 8601 time, such as 2026-01-31T12:00:00Z");
        return null;
    }

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2}))?\z")]
    private static partial Regex Iso8601();

    private void Ask(string? answer)
    {
        if (answer is not null)
            Wrong(answer);
    }

    /// <summary>
    /// Whether a character is visible. Characters that join, turn or cover other letters are allowed beside visible ones; a text of nothing
    /// else looks empty. The last ones are letters and a sign that Unicode defines as blank.
    /// </summary>
    private static bool IsSeen(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
            UnicodeCategory.Format or UnicodeCategory.Control or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.OtherNotAssigned)
        && rune.Value is not (0x115F or 0x1160 or 0x3164 or 0xFFA0 or 0x2800);
}
