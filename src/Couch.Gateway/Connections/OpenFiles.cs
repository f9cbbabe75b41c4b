using System.Globalization;

namespace Couch.Gateway.Connections;

/// <summary>How many files, sockets included, this process may have open.</summary>
internal static class OpenFiles
{
    private const string Row = "Max open files";

    /// <summary>RLIMIT_NOFILE, as the kernel enforces it; null where it is unlimited, or cannot be read (not Linux).</summary>
    public static int? Limit()
    {
        try
        {
            return Parse(File.ReadLines("/proc/self/limits"));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static int? Parse(IEnumerable<string> limits) =>
        limits.FirstOrDefault(line => line.StartsWith(Row, StringComparison.Ordinal)) is { } row
        && long.TryParse(
            row[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture, out var limit)
            ? (int)Math.Min(limit, int.MaxValue)
            : null;
}
