using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Couch.Cluster;
using Couch.Cluster.Configuration;
using Couch.Gateway;
using Couch.Tests.Support;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>
/// README.md, docs/, SEED.md and the host's skill say what is true: their tables match the code, their links lead somewhere, and
/// their commands work as printed. A command block is run here, or the comment above it says what runs it, or why nothing does.
/// </summary>
public sealed partial class DocsTests(ITestOutputHelper output)
{
    private static readonly string[] Pages = ["README.md", "SEED.md", "skills/couch-host/SKILL.md", .. In("docs"), .. In("deploy")];

    private static readonly string Configuration = Text("docs/configuration.md");

    [Fact]
    public void Every_setting_that_the_code_reads_is_in_the_table_and_no_other()
    {
        var settings = new Settings(new ConfigurationBuilder().Build());
        _ = CouchOptions.Read(settings);
        _ = HttpOptions.Read(settings);
        var read = settings.Asked.Append("PORT").Select(name => name.Replace(":", "__", StringComparison.Ordinal)).Except(
            ["VERS_AUTH_TOKEN"]);

        Assert.Equal(read.Order(), SettingRow().Matches(Configuration).Select(row => row.Groups[1].Value).Order());
    }

    [Fact]
    public void Defaults_in_the_table_are_the_codes()
    {
        var settings = new Settings(new ConfigurationBuilder().Build());
        var (couch, gateway) = (CouchOptions.Read(settings), HttpOptions.Read(settings));
        foreach (var (name, value) in new[]
                 {
                     ("COUCH_SILO_PORT", couch.SiloPort), ("COUCH_GATEWAY_PORT", couch.GatewayPort),
                     ("COUCH_DB_CONNECTIONS", couch.DatabaseConnections),
                     ("COUCH_RETENTION_DAYS", couch.Retention.Days),
                     ("COUCH_EVENT_DAYS", couch.EventRetention.Days),
                     ("COUCH_REDEEMS_PER_MINUTE", gateway.RedeemsPerMinute), ("COUCH_STATUS_PER_MINUTE", gateway.StatusPerMinute),
                 })
            Assert.Matches($@"\| `{name}` \|[^|]*\| `{value}`( \||; )", Configuration);
    }

    [Fact]
    public void Each_link_leads_to_a_file_and_a_heading_that_are_there()
    {
        var pages = Pages.Concat(["CONTRIBUTING.md", "AGENTS.md", "CHANGELOG.md", "SECURITY.md"])
            .Concat(Directory.GetFiles(Path.Combine(Repository.Root, "docs/decisions"),
                "*.md").Select(path => Path.GetRelativePath(Repository.Root, path)));
        var dead = new List<string>();
        foreach (var page in pages)
        foreach (Match link in Link().Matches(Text(page)))
        {
            var (file, anchor) = (link.Groups[1].Value, link.Groups[2].Value);
            var target = file.Length == 0
                ? page
                : Path.GetRelativePath(Repository.Root, Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, file));
            var full = Path.Combine(Repository.Root, target);
            if (!File.Exists(full) && !Directory.Exists(full))
                dead.Add($"{page}: {file}");
            else if (anchor.Length > 0 && !Heading().Matches(Text(target)).Any(heading => Anchor(heading.Groups[1].Value) == anchor))
                dead.Add($"{page}: {file}#{anchor}");
        }

        Assert.Empty(dead);
    }

    [Fact]
    public void Each_command_block_is_run_here_or_says_by_what_or_why_not()
    {
        var unrun = new List<string>();
        foreach (var block in Commands())
        {
            if (NotRun().Match(block.Above) is { Success: true } reason)
                unrun.Add($"{block.Page}: {reason.Groups[1].Value}");
            else if (RunBy().Match(block.Above) is { Success: true } by)
                Assert.True(
                    by.Groups[1].Value.Contains('/', StringComparison.Ordinal)
                        ? File.Exists(Path.Combine(Repository.Root, by.Groups[1].Value))
                        : Tests(by.Groups[1].Value).Any(),
                    $"{block.Page}: {by.Groups[1].Value} is not there");
            // What is named is there, whether it is run or not.
            Assert.All(
                OwnPath().Matches(block.Text).Select(path => path.Value),
                path => Assert.True(Path.Exists(Path.Combine(Repository.Root, path)), $"{block.Page}: {path} is not there"));
        }

        output.WriteLine($"{unrun.Count} command blocks are not run:\n{string.Join('\n', unrun)}");
        Assert.InRange(unrun.Count, 0, 9);
    }

    [Fact]
    public async Task Commands_work_as_printed()
    {
        using var folder = new TemporaryFolder();
        await using var couch = await CouchProcess.Start(new() { ["COUCH_DATA_DIR"] = folder["data"] });
        var run = 0;
        var (code, token, guest) = ("", "", "");
        foreach (var block in Commands().Where(block => !NotRun().IsMatch(block.Above) && !RunBy().IsMatch(block.Above)))
        foreach (var line in block.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Contains("inv_...", StringComparison.Ordinal) && code.Length == 0)
                code = (await couch.Post("/couch/invites", new { createdBy = "noah" }))["code"]!.ToString();
            var command = line
                .Replace("http://localhost:3000", $"http://localhost:{couch.Port}", StringComparison.Ordinal)
                .Replace("inv_...", code, StringComparison.Ordinal)
                .Replace("guest_...", token, StringComparison.Ordinal)
                .Replace("<GUEST_ID>", guest, StringComparison.Ordinal);
            var answer = await Run(command, folder.Path, couch.Port, $"{block.Page}: {line}");
            run++;
            if (line.Contains("inv_...", StringComparison.Ordinal))
                code = "";
            code = answer["code"]?.ToString() ?? code;
            token = answer["authToken"]?.ToString() ?? token;
            guest = answer["guestId"]?.ToString() ?? guest;
        }

        Assert.True(run > 5, $"only {run} commands were found");
    }

    /// <summary>
    /// Runs a line as a person's shell does, and gives back the JSON that it printed. curl is told to fail where it is refused.
    /// </summary>
    private static async Task<JsonNode> Run(string command, string folder, int port, string printed)
    {
        var start = new ProcessStartInfo("bash", ["-c", $"curl() {{ command curl -sS --fail-with-body -m 30 \"$@\"; }}\n{command}"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["COUCH"] = $"http://localhost:{port}";
        start.Environment["COUCH_AUTH_TOKEN"] = "the couch of this test has no key";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var answer = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.True(process.ExitCode == 0, $"{printed}\nended with {process.ExitCode}: {await errors}{answer}");
        return JsonNode.Parse(answer)!;
    }

    private static IEnumerable<(string Page, string Above, string Text)> Commands() =>
        from page in Pages
        from Match block in Fence().Matches(Text(page))
        where block.Groups["language"].Value is not ("json" or "text" or "yaml")
        select (page, block.Groups["above"].Value, Unindented(block.Groups["text"].Value));

    private static IEnumerable<Type> Tests(string name) => typeof(DocsTests).Assembly.GetTypes().Where(type => type.Name == name);

    private static IEnumerable<string> In(string folder) =>
        Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.md").Order().Select(path => $"{folder}/{Path.GetFileName(path)}");

    private static string Text(string page) => File.ReadAllText(Path.Combine(Repository.Root, page));

    private static string Unindented(string text) => text.Replace("\\\n", " ", StringComparison.Ordinal);

    /// <summary>A heading's anchor, as GitHub makes it.</summary>
    private static string Anchor(string heading) =>
        string.Concat(heading.Trim().ToLowerInvariant().Where(letter => char.IsLetterOrDigit(letter)
            || letter is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex(@"^\| `([A-Za-z_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex SettingRow();

    [GeneratedRegex(@"^(?<above>[^\n]*)\n```(?<language>\w*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"<!-- run by: (\S+) -->")]
    private static partial Regex RunBy();

    [GeneratedRegex(@"<!-- not run here: (.+) -->")]
    private static partial Regex NotRun();

    [GeneratedRegex(@"\b(?:deploy|tests|src)/[\w./-]+")]
    private static partial Regex OwnPath();

    [GeneratedRegex(@"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
