using System.Text.RegularExpressions;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>The page on operations is true: each fault in its tables names a test that there is.</summary>
public sealed partial class OperationsPageTests
{
    private static readonly IEnumerable<string> Page =
        File.ReadAllLines(Path.Combine(Repository.Root, "docs/operations.md")).SkipWhile(line => line != "## Faults");

    [Fact]
    public void Each_fault_names_a_test()
    {
        var rows = Page.Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| fault",
            StringComparison.Ordinal)).ToList();
        var tests = typeof(OperationsPageTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods().Select(method => $"{type.Name}.{method.Name}").Append(type.Name)).ToHashSet();

        Assert.True(rows.Count > 30, $"{rows.Count} rows");
        Assert.All(rows, row =>
        {
            var named = Named().Matches(row.TrimEnd('|', ' ').Split('|')[^1]).Select(match => match.Groups[1].Value).ToList();
            Assert.NotEmpty(named);
            Assert.All(named, name => Assert.True(tests.Contains(name), $"there is no test {name}"));
        });
    }

    [GeneratedRegex("`([A-Za-z]+Tests(?:[.][A-Za-z0-9_]+)?)`")]
    private static partial Regex Named();
}
