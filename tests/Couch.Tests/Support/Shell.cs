using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>Somebody with a shell, curl and a home of their own: what an agent has.</summary>
internal sealed class Shell : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    public TemporaryFolder Home { get; } = new();

    /// <summary>What is set beside what every process of this machine has.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>Runs a script to its end, in a bash of its own: nothing but files outlives it.</summary>
    public async Task<ShellRan> Run(string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script])
        {
            WorkingDirectory = Home.Path, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["HOME"] = Home.Path;
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Bound);
            await process.WaitForExitAsync().WaitAsync(Bound);
            return new(process.ExitCode, output, await errors.WaitAsync(Bound));
        }
        finally
        {
            // After a timeout: neither the shell nor what it has started goes on.
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public void Dispose() => Home.Dispose();
}

internal sealed record ShellRan(int Exit, string Out, string Errors)
{
    public ShellRan Ok()
    {
        Assert.True(Exit == 0, $"ended with {Exit}: {Errors}{Out}");
        return this;
    }

    public ShellRan Fails()
    {
        Assert.True(Exit != 0, $"ended well: {Errors}{Out}");
        return this;
    }
}

/// <summary>The commands in a text of Markdown.</summary>
internal static partial class CommandBlocks
{
    /// <summary>Each block of shell commands, as printed, in the text's order.</summary>
    public static string[] Of(string markdown) =>
        [.. Fence().Matches(markdown).Select(block => block.Groups[1].Value)];

    [GeneratedRegex(@"^```sh\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
