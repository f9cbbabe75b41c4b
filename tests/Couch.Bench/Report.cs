using System.Globalization;
using Couch.Bench.Load;

namespace Couch.Bench;

/// <summary>Figures as rows of a Markdown table: what the couch does, against what, the ratio, and what it should be.</summary>
internal sealed class Report
{
    private readonly List<string> rows = [];

    public string Table(string title) => string.Join('\n',
    [
        $"### {title}", "", "| | couch | against | ratio (lowest–highest round) | target |", "|---|---|---|---|---|", .. rows, "",
    ]);

    /// <summary>A rate as a share of what could be had without a couch.</summary>
    public void Share(string what, Rounds couch, string name, Rounds bare, double? atLeast = null)
    {
        var ratio = couch.PerSecond / bare.PerSecond;
        var target = atLeast is { } least ? Verdict($"≥ {Number(least)}", ratio >= least) : "";
        Add(what, Text(couch), $"{name}: {Text(bare)}", Range(ratio, couch.RatiosTo(bare)), target);
    }

    /// <summary>A rate with many stored over the rate with few.</summary>
    public void Same(string what, Rounds many, Rounds few, (double Low, double High)? range = null, double? ratio = null)
    {
        const double within = 0.2;
        var value = ratio ?? many.PerSecond / few.PerSecond;
        Add(what, Text(many), Text(few), Range(value, range ?? many.RatiosTo(few)),
            Verdict("within 20 %", value is >= 1 - within and <= 1 / (1 - within)));
    }

    /// <summary>Times against a bound that is a promise, not a ratio.</summary>
    public void Within(string what, string couch, string bound, bool isMet, string against = "") =>
        Add(what, couch, against, "", Verdict(bound, isMet));

    /// <summary>What a request takes of the processors, over what it takes elsewhere.</summary>
    public void Grown(string what, Costs couch, string name, Costs other, double? atMost)
    {
        var ratio = couch.Couch / other.Couch;
        Add(what, $"{couch}", $"{name}: {other}", Range(ratio, couch.RatiosTo(other)),
            atMost is { } most ? Verdict($"≤ {Number(most)}", ratio <= most) : "");
    }

    public void Figure(string what, string couch, string against = "") => Add(what, couch, against, "", "");

    public void Figure(string what, Rounds couch) => Figure(what, Text(couch));

    private void Add(params ReadOnlySpan<string> cells)
    {
        rows.Add($"| {string.Join(" | ", cells!)} |");
        // A run is long, and one that ends early has told what it had.
        Console.Error.WriteLine(rows[^1]);
    }

    private static string Verdict(string target, bool met) => met ? $"{target}: met" : $"{target}: **missed**";

    private static string Text(Rounds rounds) =>
        $"{Number(Math.Round(rounds.PerSecond))}/s (p50 {Milliseconds(rounds.P50)}, p99 {Milliseconds(rounds.P99)})";

    private static string Range(double ratio, (double Low, double High) range) =>
        $"**{Ratio(ratio)}** ({Ratio(range.Low)}–{Ratio(range.High)})";

    private static string Ratio(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    public static string Milliseconds(TimeSpan time) =>
        time.TotalMilliseconds.ToString(time.TotalMilliseconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " ms";

    public static string Number(double value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);
}
