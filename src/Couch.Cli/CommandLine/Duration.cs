using System.CommandLine.Parsing;
using System.Globalization;

namespace Couch.Cli.CommandLine;

/// <summary>A span of time as a person writes it: a number and a unit, so that nobody takes hours for minutes.</summary>
internal static class Duration
{
    public static bool TryParse(string text, out TimeSpan span)
    {
        span = default;
        double? seconds = text is [.., var unit] ? unit switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => null } : null;
        // Far more than any bound of the couch, and far less than what a TimeSpan holds.
        if (seconds is null || !double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number * seconds is not (>= 0 and <= 1e10))
            return false;
        span = TimeSpan.FromSeconds(number * seconds.Value);
        return true;
    }

    public static TimeSpan? Parse(ArgumentResult argument)
    {
        // An option that may stand alone has no token then.
        if (argument.Tokens.Count == 0)
            return null;
        if (TryParse(argument.Tokens[0].Value, out var span))
            return span;
        argument.AddError($"'{argument.Tokens[0].Value}' is no time: write a number and s, m, h or d, such as 90m");
        return null;
    }
}
