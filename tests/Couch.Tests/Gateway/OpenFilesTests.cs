using Couch.Cluster;
using Couch.Cluster.Configuration;
using Couch.Gateway;
using Couch.Gateway.Connections;
using Couch.Tests.Support;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>What a process may have open is known before anything is.</summary>
public sealed class OpenFilesTests
{
    [Theory]
    [InlineData(100)]
    [InlineData(256)]
    [InlineData(500)]
    public async Task With_too_few_files_a_couch_refuses_to_start_and_says_how_many_it_needs(int openFiles)
    {
        using var folder = new TemporaryFolder();
        var (exitCode, output) = await CouchProcess.RunToEnd(
            new() { ["COUCH_DATA_DIR"] = folder["data"] }, openFiles, "--urls", "http://127.0.0.1:0");

        Assert.Equal(1, exitCode);
        Assert.Matches($"ulimit -n is {openFiles}, and (a|this) couch needs [0-9]+", output);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, 20_000)]
    [InlineData(1_048_576, null, 20_000)]
    [InlineData(700, null, 252)]
    [InlineData(700, "100", 100)]
    [InlineData(1_048_576, "50000", 50_000)]
    public void Connections_are_as_many_as_the_process_leaves_them_or_as_are_asked_for(int? mayOpen, string? asked, int all) =>
        Assert.Equal(all, Read(mayOpen, asked).Capacity.All);

    [Fact]
    public void More_connections_than_the_process_leaves_them_are_refused_in_words()
    {
        var settings = Read(700, "500").Settings;
        Assert.Contains("ulimit -n is 700, and this couch needs 948: 500 for HTTP connections (COUCH_CONNECTIONS)",
            Assert.Throws<SettingsException>(settings.ThrowIfWrong).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kernels_word_is_read()
    {
        Assert.Equal(700, OpenFiles.Parse(["Limit                     Soft Limit           Hard Limit           Units     ",
            "Max open files            700                  4096                 files     "]));
        Assert.Null(OpenFiles.Parse(["Max open files            unlimited            unlimited            files     "]));
        Assert.Null(OpenFiles.Parse([]));
    }

    private static (Capacity Capacity, Settings Settings) Read(int? mayOpen, string? asked)
    {
        var settings = new Settings(new ConfigurationBuilder().AddInMemoryCollection([new("COUCH_CONNECTIONS", asked)]).Build());
        return (Capacity.Read(settings, CouchOptions.Read(settings), HttpOptions.Read(settings), mayOpen), settings);
    }
}
