using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Deploy;

/// <summary>deploy/update-images.sh, with a registry's answers made up.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class PinnedImagesTests : IDisposable
{
    private static readonly string[] Files = ["deploy/Dockerfile", "docker-compose.yml"];

    private readonly TemporaryFolder folder = new();

    public PinnedImagesTests()
    {
        Directory.CreateDirectory(folder["deploy"]);
        foreach (var file in Files.Append("deploy/update-images.sh"))
            File.Copy(Path.Combine(Repository.Root, file), folder[file]);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_image_that_is_pulled_is_pinned_to_what_its_tag_means_now()
    {
        Assert.Equal(4, Images().Count);
        var built = "image: couch:${COUCH_VERSION:-0.1.0}";
        foreach (var letter in new[] { 'a', 'b' })
        {
            await Update(0, $"echo sha256:{new string(letter, 64)}");
            Assert.All(Images(), image => Assert.EndsWith($"@sha256:{new string(letter, 64)}", image, StringComparison.Ordinal));
            Assert.Contains(built, await File.ReadAllTextAsync(folder["docker-compose.yml"], TestContext.Current.CancellationToken),
                StringComparison.Ordinal);
        }

        // Taken off again, the files are what they were.
        foreach (var file in Files)
            Assert.Equal(Pin().Replace(File.ReadAllText(Path.Combine(Repository.Root, file)), ""),
                Pin().Replace(File.ReadAllText(folder[file]), ""));
    }

    [Fact]
    public async Task Where_one_digest_cannot_be_had_nothing_is_changed()
    {
        var before = Files.Select(file => File.ReadAllText(folder[file])).ToList();
        await Update(1, $"case \"$*\" in *haproxy*) echo denied ;; *) echo sha256:{new string('a', 64)} ;; esac");
        Assert.Equal(before, Files.Select(file => File.ReadAllText(folder[file])));
    }

    private List<string> Images() =>
        [.. Files.SelectMany(file => Pulled().Matches(File.ReadAllText(folder[file]))).Select(image => image.Groups[1].Value)];

    /// <param name="registry">What stands in the place of Docker, whose registries are not asked here.</param>
    private async Task Update(int exitCode, string registry)
    {
        File.WriteAllText(folder["docker"], $"#!/bin/sh\n{registry}\n");
        File.SetUnixFileMode(folder["docker"], UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        await DeployScript.Run(exitCode, folder["deploy/update-images.sh"], [],
            new() { ["PATH"] = $"{folder.Path}:{Environment.GetEnvironmentVariable("PATH")}" });
    }

    [GeneratedRegex(@"^(?:FROM| *image:) +(?!couch:)(\S+)", RegexOptions.Multiline)]
    private static partial Regex Pulled();

    [GeneratedRegex("@sha256:[0-9a-f]{64}")]
    private static partial Regex Pin();
}
