using System.Diagnostics;
using System.Text.RegularExpressions;
using Couch.Gateway.Console;
using Couch.Gateway.Hosting;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>What a couch prints as it starts: a sign-in link is a secret, and goes to a person at a terminal alone.</summary>
public sealed partial class WelcomeTests : IDisposable
{
    private const string Key = "a host key of a welcome, for tests";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task At_a_terminal_it_is_a_link_that_signs_in_once()
    {
        await using var couch = AtTerminal([]);
        var link = Link().Match(await couch.Printed("Try: curl"));
        Assert.True(link.Success);
        var anyone = new Caller(new(link.Groups[1].Value));

        var signIn = () => anyone.Sending(ConsoleSessions.Header, "1").Post(
            "/couch/console/sign-in", new { ticket = link.Groups[2].Value });
        Assert.Equal("configured", (await signIn()).Is(200)["name"]);
        (await signIn()).Refuses(401);
    }

    [Fact]
    public async Task In_a_container_with_a_terminal_it_is_none()
    {
        await using var couch = AtTerminal(new() { ["DOTNET_RUNNING_IN_CONTAINER"] = "true" });
        IsWithoutLink(await couch.Printed("Try: curl"));
    }

    [Theory]
    [InlineData(true, "DOTNET_RUNNING_IN_CONTAINER=true")]
    [InlineData(true, "container=podman")]
    [InlineData(true, "KUBERNETES_SERVICE_HOST=10.0.0.1")]
    [InlineData(true, "/.dockerenv")]
    [InlineData(true, "/run/.containerenv")]
    [InlineData(false, "DOTNET_RUNNING_IN_CONTAINER=false", "/.dockerenv")]
    [InlineData(false, "container=")]
    [InlineData(false)]
    public void A_container_is_known_by_what_its_engine_leaves_in_it(bool isContainer, params string[] left) => Assert.Equal(
        isContainer,
        Terminal.IsContainer(
            name => left.FirstOrDefault(each => each.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..],
            left.Contains));

    [Fact]
    public async Task In_a_pipe_it_is_none_and_the_command_that_gives_one_is_named()
    {
        await using var couch = await CouchProcess.Start(new() { ["COUCH_DATA_DIR"] = folder["piped"], ["COUCH_AUTH_TOKEN"] = Key });
        await Until.True(
            () => Task.FromResult(couch.Output.Contains("Try: curl", StringComparison.Ordinal)), Bound, "the couch has said what it says");
        IsWithoutLink(couch.Output);
    }

    private static void IsWithoutLink(string printed)
    {
        Assert.DoesNotContain("couch_ticket_", printed, StringComparison.Ordinal);
        Assert.Matches(@"Console: http://\S+/ \(couch console prints a sign-in link\)", printed);
    }

    private Typed AtTerminal(Dictionary<string, string> environment)
    {
        if (Environment.GetEnvironmentVariable("PATH")?.Split(':').Any(each => File.Exists(Path.Combine(each, "script"))) is not true)
            Assert.Fail("This test needs the program script, which gives the couch a terminal: apt-get install bsdutils (util-linux)");
        var ports = FreePort.Find(2);
        var program = Path.Combine(AppContext.BaseDirectory, CouchProcess.Gateway);
        var start = new ProcessStartInfo("script", ["-qec", $"exec dotnet '{program}' --urls http://127.0.0.1:{ports[0]}", "/dev/null"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = folder.Path,
        };
        var own = new Dictionary<string, string>
        {
            ["COUCH_DATA_DIR"] = folder["typed"], ["COUCH_AUTH_TOKEN"] = Key, ["COUCH_SILO_PORT"] = $"{ports[1]}",
            // These tests may themselves run in a container.
            ["DOTNET_RUNNING_IN_CONTAINER"] = "false",
        };
        foreach (var (name, value) in own.And(environment))
            start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    /// <summary>A couch that was started at a terminal.</summary>
    private sealed class Typed(Process process) : IAsyncDisposable
    {
        public async Task<string> Printed(string until)
        {
            using var bound = new CancellationTokenSource(Bound);
            var printed = "";
            while (!printed.Contains(until, StringComparison.Ordinal)
                && await process.StandardOutput.ReadLineAsync(bound.Token) is { } line)
                printed += line + "\n";
            return printed;
        }

        public async ValueTask DisposeAsync()
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            await process.ToEnd();
            process.Dispose();
        }
    }

    [GeneratedRegex(@"Console: (http://127\.0\.0\.1:\d+)/console/sign-in#(couch_ticket_\S+) \(signs you in, once")]
    private static partial Regex Link();
}
