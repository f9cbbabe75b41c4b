using System.Text.RegularExpressions;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Join;

/// <summary>Files that agents read by a form of their own: skills, and how to plant this service.</summary>
public sealed partial class AgentFileTests
{
    private const string Guest = "src/Couch.Gateway/Join/Texts/couch-guest/SKILL.md";
    private const string Host = "skills/couch-host/SKILL.md";

    [Theory]
    [InlineData(Guest)]
    [InlineData(Host)]
    public void A_skill_begins_with_its_folders_name_and_a_description_that_yaml_reads_as_one_text(string file)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, file));
        var matter = FrontMatter().Match(text);
        Assert.True(matter.Success, text);

        var (name, description) = (matter.Groups[1].Value, matter.Groups[2].Value);
        Assert.Equal(Path.GetFileName(Path.GetDirectoryName(file)), name);
        Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", name);
        Assert.InRange(description.Length, 1, 1024);
        // A plain text of YAML ends at either, and must not begin with an indicator.
        Assert.DoesNotMatch(": | #|^[-?:,\\[\\]{}#&*!|>'\"%@`]", description);
        Assert.InRange(TokenEstimate.Of(text), 1, 5000);
        TestContext.Current.TestOutputHelper!.WriteLine($"{file}: {text.Length} characters, about {TokenEstimate.Of(text)} tokens");
    }

    [Fact]
    public void The_seed_has_the_sections_of_its_form_in_their_order()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "SEED.md"));

        Assert.Equal(
            ["# Purpose", "## Normative Language", "## Dependencies", "## Objects", "## Actions", "## Verification"],
            Heading().Matches(text).Select(heading => heading.Value));
    }

    [Fact]
    public void The_seeds_verification_has_the_readmes_commands_to_the_letter_but_for_the_token_which_is_in_no_address()
    {
        var (seed, readme) = (Commands("SEED.md"), Commands("README.md"));

        Assert.Equal(5, seed.Count);
        Assert.Equal("curl http://localhost:3000/couch/status -H \"Authorization: Bearer guest_...\"", seed[2]);
        Assert.Contains("/couch/status", readme[2], StringComparison.Ordinal);
        readme[2] = seed[2];
        Assert.Equal(readme, seed);
        Assert.DoesNotContain("token=", File.ReadAllText(Path.Combine(Repository.Root, "SEED.md")), StringComparison.Ordinal);
    }

    private static List<string> Commands(string file) =>
        [.. File.ReadLines(Path.Combine(Repository.Root, file)).Where(line => line.StartsWith("curl ", StringComparison.Ordinal)
            && line.Contains("/couch/", StringComparison.Ordinal))];

    [GeneratedRegex(@"\A---\nname: (.+)\ndescription: (.+)\n---\n\n# ")]
    private static partial Regex FrontMatter();

    [GeneratedRegex(@"^#{1,2} .+$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
