namespace Couch.Domain.Values;

/// <summary>
/// What a value may be, for every sender: a request, another silo, a meter, a provider or a row. The rules are written only here. Each
/// returns null, or a sentence that names the value and says what it must be.
/// </summary>
public static class Bounds
{
    /// <summary>The largest whole number that every JSON reader reads exactly, 2^53 - 1. No counter and no limit is above it.</summary>
    public const long MostNumber = 9_007_199_254_740_991;

    /// <summary>The longest name of a person, a guest or a key, in UTF-16 units.</summary>
    public const int MostName = 128;

    /// <summary>The longest label of an invite, in UTF-16 units.</summary>
    public const int MostLabel = 256;

    /// <summary>The longest id of a VM, and the longest endpoint, in UTF-16 units.</summary>
    public const int MostVmText = 512;

    /// <summary>The longest public key, in UTF-16 units.</summary>
    public const int MostPublicKey = 16 * 1024;

    /// <summary>Text that must be there: not blank, no control character, of at most <paramref name="most"/> UTF-16 units.</summary>
    public static string? Required(string name, string? text, int most) =>
        string.IsNullOrWhiteSpace(text) ? $"{name} is required" : Text(name, text, most);

    /// <summary>Text that may be missing: no control character, of at most <paramref name="most"/> UTF-16 units.</summary>
    public static string? Text(string name, string? text, int most) => Length(name, text, most) ?? Characters(name, text);

    /// <inheritdoc cref="Text"/>
    public static string? Length(string name, string? text, int most) =>
        text?.Length > most ? $"{name} must be at most {most} characters" : null;

    /// <summary>
    /// The characters that a text may have: no control characters and no halves of surrogate pairs, because databases and logs do not keep
    /// those unchanged.
    /// </summary>
    public static string? Characters(string name, string? text)
    {
        for (var at = 0; at < text?.Length; at++)
        {
            if (char.IsControl(text[at]))
                return $"{name} must not contain control characters";
            if (!char.IsSurrogate(text[at]))
                continue;
            if (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
                return $"{name} must be valid Unicode text";
            at++;
        }

        return null;
    }

    /// <summary>A number above 0, at most <paramref name="most"/>.</summary>
    public static string? Above0(string name, double number, double most = MostNumber) =>
        number > 0 && number <= most ? null : $"{name} must be a number above 0, at most {Number(most)}";

    /// <summary>A number of at least <paramref name="least"/>, the smallest that can be kept.</summary>
    public static string? AtLeast(string name, double number, double least) =>
        number >= least ? null : $"{name} must be at least {Number(least)}: less cannot be kept";

    /// <summary>A number from 0 to <see cref="MostNumber"/>.</summary>
    public static string? AtLeast0(string name, double number) =>
        IsCounter(number) ? null : $"{name} must be a number from 0 to {MostNumber}";

    /// <summary>A whole number from 0 to <see cref="MostNumber"/>.</summary>
    public static string? Whole(string name, double number) =>
        IsCounter(number) && Math.Truncate(number) == number ? null : $"{name} must be a whole number from 0 to {MostNumber}";

    /// <summary>A value of an enum that has a word.</summary>
    public static string? Defined<TEnum>(string name, TEnum value) where TEnum : struct, Enum =>
        Enum.IsDefined(value) ? null : $"{name} must be one of its words";

    /// <summary>A value that must not be null.</summary>
    public static string? Present(string name, object? value) => value is null ? $"{name} is required" : null;

    /// <summary>Whether a counter can have this value: finite, not negative, at most <see cref="MostNumber"/>.</summary>
    public static bool IsCounter(double number) => number is >= 0 and <= MostNumber;

    /// <summary>Throws if any of the rules has returned a sentence.</summary>
    /// <exception cref="OutOfBoundsException">At least one answer is a sentence; the first one is the message.</exception>
    public static void Demand(params ReadOnlySpan<string?> answers)
    {
        foreach (var answer in answers)
        {
            if (answer is not null)
                throw new OutOfBoundsException(answer);
        }
    }

    /// <summary>
    /// The nearest number that can be stored and shown; numbers that older versions have stored are read this way. NaN becomes 0.
    /// </summary>
    internal static double Nearest(double number) => number switch
    {
        > MostNumber => MostNumber,
        // Negative zero would be shown as -0.
        > 0 => number,
        _ => 0,
    };

    /// <inheritdoc cref="Nearest(double)"/>
    internal static long Nearest(long number) => Math.Clamp(number, 0, MostNumber);

    private static string Number(double most) => most == MostNumber ? $"{MostNumber}" : FormattableString.Invariant($"{most}");
}
