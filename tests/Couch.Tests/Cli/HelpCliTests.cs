using System.Globalization;
using System.Text.RegularExpressions;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>Help is the first thing that a person reads, and it must be there at once.</summary>
public sealed partial class HelpCliTests(CouchHost couch) : IClassFixture<CouchHost>, IDisposable
{
    private readonly Person noah = new(couch.Address);

    public void Dispose() => noah.Dispose();

    [Fact]
    public async Task Each_command_opens_its_help_with_examples_that_begin_with_it()
    {
        var seen = new List<string>();
        var open = new Queue<string>([""]);
        while (open.TryDequeue(out var path))
        {
            var help = (await noah.Runs([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"])).Ok();
            Assert.StartsWith("Examples:\n  ", help.Out, StringComparison.Ordinal);
            if (path.Length > 0)
                Assert.Contains($"couch {path}", help.Lines[1], StringComparison.Ordinal);
            seen.Add(path);
            foreach (Match command in Subcommand().Matches(Subcommands().Match(help.Out).Value))
                open.Enqueue($"{path} {command.Groups[1].Value}".Trim());
        }

        Assert.Superset(
            new HashSet<string>
            {
                "invite create", "invite list", "invite show", "invite revoke", "guest list", "guest show", "guest extend", "guest kill",
                "guest activate", "guest usage", "guest export", "guest history", "guest wait", "preview", "redeem", "stay",
                "checkout", "events", "key create",
                "key list", "key show", "key revoke", "webhook create", "webhook list", "webhook show", "webhook test", "webhook resume",
                "webhook delete", "summary", "console", "doctor", "import", "context list", "context use", "context set", "context remove",
                "completion bash", "completion zsh", "completion fish",
            },
            seen.ToHashSet());
    }

    /// <summary>
    /// How long it takes is measured, and is told in docs/performance.md. Here it is seen that a start is still no more than that: each
    /// command is compared with the one that does nothing, on the same machine and at the same time.
    /// </summary>
    [Fact]
    public async Task A_command_needs_a_few_times_the_processor_time_of_one_that_does_nothing()
    {
        await couch.Anyone.Arrive();
        var best = new Dictionary<string, double>();
        // The best of some: a first run reads its files from the disk, and other tests run beside.
        for (var round = 0; round < 5; round++)
        {
            foreach (var what in new[] { "--version", "--help", "guest list" })
            {
                var ran = (await noah.Scripts($"TIMEFORMAT='%U %S'; time couch {what} >/dev/null")).Ok();
                var times = ran.Error.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries);
                var seconds = times.Sum(time => double.Parse(time, CultureInfo.InvariantCulture));
                best[what] = Math.Min(best.GetValueOrDefault(what, double.MaxValue), seconds);
            }
        }

        var said = string.Join(", ", best.Select(one => FormattableString.Invariant($"couch {one.Key}: {one.Value:0.000} s")));
        TestContext.Current.TestOutputHelper?.WriteLine(said);
        Assert.True(best["--help"] < 4 * best["--version"] && best["guest list"] < 8 * best["--version"], said);
    }

    [GeneratedRegex(@"\nCommands:\n(?:  .*\n)+")]
    private static partial Regex Subcommands();

    [GeneratedRegex(@"^  (\w+)", RegexOptions.Multiline)]
    private static partial Regex Subcommand();
}
