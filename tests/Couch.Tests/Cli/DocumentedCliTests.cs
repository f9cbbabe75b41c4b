using System.Text.RegularExpressions;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>The commands in the pages work as printed, in their order.</summary>
public sealed partial class DocumentedCliTests(CouchHost couch) : IClassFixture<CouchHost>, IDisposable
{
    private readonly Person noah = new(couch.Address);

    public void Dispose() => noah.Dispose();

    [Theory]
    [InlineData("docs/cli.md", 10)]
    [InlineData("docs/hosting.md", 10)]
    [InlineData("README.md", 4)]
    public async Task Commands_work_as_printed(string name, int least)
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, name));
        var lines = Block().Matches(page)
            .SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToList();

        foreach (var line in lines)
        {
            var ran = await noah.Scripts(line);
            Assert.True(ran.ExitCode == 0, $"{line}\nended with {ran.ExitCode}: {ran.Out}{ran.Error}");
        }

        Assert.InRange(lines.Count, least, 30);
    }

    [Fact]
    public async Task Each_name_in_the_table_is_one_that_the_command_knows()
    {
        var help = (await noah.Scripts("couch --help; couch stay --help")).Ok().Out;
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/cli.md"));

        Assert.All(
            Named().Matches(page).Select(name => name.Groups[1].Value).Distinct(),
            name => Assert.Contains(name, help, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"<!-- run by: DocumentedCliTests -->\n```\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^\|.*?`(--[a-z-]+|COUCH_[A-Z_]+|NO_COLOR)`", RegexOptions.Multiline)]
    private static partial Regex Named();
}
