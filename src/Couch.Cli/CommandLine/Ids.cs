namespace Couch.Cli.CommandLine;

/// <summary>Finds what somebody means by the beginning of an id.</summary>
internal static class Ids
{
    private const int Whole = 26;
    private const int MostNamed = 3;

    /// <summary>The whole id that begins so.</summary>
    /// <param name="given">A whole id, or as much of its beginning as no other has, in whatever case.</param>
    /// <param name="what">What it is the id of, such as <c>guest</c>.</param>
    /// <param name="all">All ids, newest first: they are asked for only where a beginning is given.</param>
    /// <exception cref="StopException">None begins so, or several do.</exception>
    public static async Task<string> Resolve(string given, string what, Func<IAsyncEnumerable<string>> all, CancellationToken cancel) =>
        (await Resolve([given], what, all, cancel))[0];

    /// <inheritdoc cref="Resolve(string, string, Func{IAsyncEnumerable{string}}, CancellationToken)"/>
    public static async Task<IReadOnlyList<string>> Resolve(
        IReadOnlyList<string> given, string what, Func<IAsyncEnumerable<string>> all, CancellationToken cancel)
    {
        foreach (var one in given)
        {
            if (one.Length is 0 or > Whole || !one.All(char.IsAsciiLetterOrDigit))
                throw new StopException(ExitCode.NotFound, $"'{one}' is no id of a {what}", $"see: couch {what} list");
        }

        var beginnings = given.Select(one => one.ToUpperInvariant()).ToList();
        var open = beginnings.Where(one => one.Length < Whole).Distinct().ToDictionary(one => one, _ => new List<string>());
        if (open.Count > 0)
        {
            var least = open.Keys.Min(StringComparer.Ordinal);
            await foreach (var id in all().WithCancellation(cancel))
            {
                foreach (var (beginning, found) in open)
                {
                    if (id.StartsWith(beginning, StringComparison.Ordinal))
                        found.Add(id);
                }

                // Ids grow with time: all that follow are smaller than each that is looked for.
                if (string.CompareOrdinal(id, least) < 0)
                    break;
            }
        }

        return [.. beginnings.Select(one => one.Length == Whole ? one : Only(one, what, open[one]))];
    }

    private static string Only(string beginning, string what, List<string> found) => found switch
    {
        [var id] => id,
        [] => throw new StopException(ExitCode.NotFound, $"no {what}'s id begins with {beginning}", $"see: couch {what} list"),
        _ => throw new StopException(
            ExitCode.Usage, $"{found.Count} ids of {what}s begin with {beginning}: {string.Join(", ", found.Take(MostNamed))}"
                + (found.Count > MostNamed ? ", …" : ""), "write more of it"),
    };
}
