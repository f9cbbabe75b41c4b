using System.Text.Json.Nodes;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>What a published couch brings along. <c>deploy/Dockerfile</c> looks at the image once more.</summary>
public sealed class PublishedTests
{
    [Fact]
    public void No_compiler_stands_beside_the_couch()
    {
        var needed = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Couch.Gateway.deps.json")))!
            ["targets"]![".NETCoreApp,Version=v10.0"]!.AsObject();
        var files = needed.SelectMany(library => library.Value!.AsObject())
            .Where(part => part.Key is "runtime" or "resources" or "native" or "runtimeTargets")
            .SelectMany(part => part.Value!.AsObject().Select(file => file.Key))
            .ToList();

        Assert.Contains(files, file => file.EndsWith("Orleans.Runtime.dll", StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => file.Contains("Microsoft.CodeAnalysis", StringComparison.Ordinal));
    }
}
