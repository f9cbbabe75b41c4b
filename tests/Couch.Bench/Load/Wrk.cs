using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Couch.Bench.Load;

/// <summary>Drives a server with wrk. A round in which anything went wrong is no round: it ends the benchmark.</summary>
/// <param name="lines">Where the lines that get replayed are put down.</param>
internal sealed partial class Wrk(string lines)
{
    private int files;

    /// <summary>Puts lines where a replay finds them.</summary>
    public string Keep(IEnumerable<string> content)
    {
        var file = Path.Combine(lines, $"lines-{++files}.txt");
        File.WriteAllLines(file, content);
        return file;
    }

    /// <summary>
    /// GETs the paths of a file, from the first again when they are through; where each may be used <paramref name="once"/>, the round is
    /// over then.
    /// </summary>
    public Task<Round> Get(Uri server, string paths, int connections, TimeSpan time, bool once = false) =>
        Run(server, connections, time, once, paths, "GET");

    /// <summary>POSTs the bodies of a file to <paramref name="path"/>; every answer must be 201.</summary>
    public Task<Round> Post(Uri server, string path, string bodies, int connections, TimeSpan time, bool once = false) =>
        Run(server, connections, time, once, bodies, "POST", path);

    private static async Task<Round> Run(Uri server, int connections, TimeSpan time, bool once, params string[] replay)
    {
        // One thread drives more than two cores can answer, and replays lines without using one twice.
        var start = new ProcessStartInfo("wrk",
        [
            "--threads", "1", "--connections", Text(connections), "--duration", Text((int)time.TotalSeconds) + "s", "--timeout", "15s",
            "--script", Path.Combine(AppContext.BaseDirectory, "Load", "replay.lua"), server.ToString(), "--", .. replay, once
                ? "once"
                : "again",
        ]) { RedirectStandardOutput = true, RedirectStandardError = true };

        using var wrk = Process.Start(start)!;
        var errors = wrk.StandardError.ReadToEndAsync();
        var output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();

        var result = Replayed().Match(output);
        if (!result.Success)
            throw new FailedRoundException($"wrk failed: {output}{await errors}");
        int Number(string name) => int.Parse(result.Groups[name].ValueSpan, CultureInfo.InvariantCulture);

        var wrong = new[] { "status", "unexpected", "socket" }.Where(name => Number(name) > 0).ToList();
        if (wrong.Count > 0 || Number("requests") == 0)
            throw new FailedRoundException($"a round had answers other than the right ones ({string.Join(", ", wrong)}): {result.Value}");

        return new Round(
            Number("requests"), Number("sent"), TimeSpan.FromMicroseconds(Number("microseconds")),
            TimeSpan.FromMicroseconds(Number("p50")), TimeSpan.FromMicroseconds(Number("p99")));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("replayed requests=(?<requests>\\d+) sent=(?<sent>\\d+) microseconds=(?<microseconds>\\d+) p50=(?<p50>\\d+) "
        + "p99=(?<p99>\\d+) status=(?<status>\\d+) unexpected=(?<unexpected>\\d+) socket=(?<socket>\\d+)")]
    private static partial Regex Replayed();
}

/// <summary>A round that must not count as throughput.</summary>
internal sealed class FailedRoundException(string message) : Exception(message);
