using System.Diagnostics;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>A script of <c>deploy/</c>, run as an operator runs it.</summary>
internal static class DeployScript
{
    public static async Task<(int ExitCode, string Output)> Run(
        string script, string[] arguments, Dictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Path.Combine(Root(), "deploy",
            script), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? [])
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.ToEnd();
        return (process.ExitCode, await output + await errors);
    }

    public static async Task<string> Run(int exitCode, string script, string[] arguments, Dictionary<string, string>? environment = null)
    {
        var (code, output) = await Run(script, arguments, environment);
        Assert.True(code == exitCode, $"{script} exited with {code}: {output}");
        return output;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Couch.Orleans.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
