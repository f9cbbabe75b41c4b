using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>Somebody at a shell, with a home and an environment of their own, who runs the built <c>couch</c> as a process.</summary>
internal sealed class Person : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "couch.dll");

    /// <param name="couch">The couch that <c>COUCH_URL</c> names; null: none.</param>
    /// <param name="key">The key in <c>COUCH_AUTH_TOKEN</c>; null: none.</param>
    public Person(Uri? couch = null, string? key = null)
    {
        Environment = new()
        {
            ["HOME"] = Home.Path, ["XDG_CONFIG_HOME"] = Home["config"], ["TERM"] = "xterm-256color", ["LC_ALL"] = "C.UTF-8",
        };
        if (couch is not null)
            Environment["COUCH_URL"] = couch.AbsoluteUri;
        if (key is not null)
            Environment["COUCH_AUTH_TOKEN"] = key;
    }

    public TemporaryFolder Home { get; } = new();

    /// <summary>What is set beside what every process of this machine has.</summary>
    public Dictionary<string, string> Environment { get; }

    /// <summary>A file of theirs that holds this.</summary>
    public string File(string name, string text)
    {
        System.IO.File.WriteAllText(Home[name], text);
        return Home[name];
    }

    /// <summary>Runs a command to its end, without a terminal and with nothing to read.</summary>
    public Task<Ran> Runs(params string[] arguments) => Pipes("", arguments);

    /// <summary>Runs a command that reads <paramref name="input"/>.</summary>
    public async Task<Ran> Pipes(string input, params string[] arguments)
    {
        using var process = Start("dotnet", [Program, .. arguments]);
        return await ToEnd(process, input);
    }

    /// <summary>Runs a script in bash that has a function <c>couch</c>.</summary>
    public async Task<Ran> Scripts(string script)
    {
        using var process = Start("bash", ["-c", $"couch() {{ command dotnet '{Program}' \"$@\"; }}\n{script}"]);
        return await ToEnd(process, "");
    }

    /// <summary>Runs a command at a terminal of so many columns; what it prints anywhere comes together.</summary>
    /// <param name="typed">What the person types.</param>
    public async Task<Ran> AtTerminal(int columns, string typed, params string[] arguments)
    {
        using var process = Start("script", OnTerminal(columns, arguments));
        var ran = await ToEnd(process, typed);
        // Whatever .NET program asks a terminal for its size puts its keypad so.
        return ran with { Out = ran.Out.Replace("\e[?1h\e=", "", StringComparison.Ordinal) };
    }

    /// <summary>Starts a command that goes on, at a terminal.</summary>
    public Running StartsAtTerminal(int columns, params string[] arguments) => new(Start("script", OnTerminal(columns, arguments)));

    /// <summary>Starts a command that goes on.</summary>
    public Running Starts(params string[] arguments) => new(Start("dotnet", [Program, .. arguments]));

    /// <summary>Starts a program at a terminal, to type into.</summary>
    public Running StartsShell(int columns, string program, params string[] arguments) => new(
        Start("script", ["-qec", $"stty cols {columns} rows 40; exec {program} {string.Join(' ', arguments)}", "/dev/null"]));

    public void Dispose() => Home.Dispose();

    private static string[] OnTerminal(int columns, string[] arguments)
    {
        var command = string.Join(' ', arguments.Select(word => $"'{word}'"));
        return ["-qec", $"stty cols {columns} rows 40 -echo; exec dotnet '{Program}' {command}", "/dev/null"];
    }

    private Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Home.Path,
        };
        foreach (var name in start.Environment.Keys.Where(name =>
                     name.StartsWith("COUCH_", StringComparison.Ordinal) || name is "NO_COLOR" or "COLUMNS").ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static async Task<Ran> ToEnd(Process process, string input)
    {
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended without reading.
        }

        using var bound = new CancellationTokenSource(Bound);
        try
        {
            await process.WaitForExitAsync(bound.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"it did not end: {await output}{await errors}");
        }

        return new(process.ExitCode, await output, await errors);
    }
}

/// <summary>A command that has ended.</summary>
internal sealed record Ran(int ExitCode, string Out, string Error)
{
    public JsonNode Json => JsonNode.Parse(Out)!;

    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The rows under the header, by column.</summary>
    public IReadOnlyList<Dictionary<string, string>> Rows
    {
        get
        {
            var header = Lines[0].Split('\t');
            return [.. Lines.Skip(1).Select(line => header.Zip(line.Split('\t')).ToDictionary(cell => cell.First, cell => cell.Second))];
        }
    }

    /// <summary>It has ended so.</summary>
    public Ran Ends(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"{exitCode} expected, but it ended with {ExitCode}:\n{Out}\n{Error}");
        return this;
    }

    /// <summary>It has done what it was to do.</summary>
    public Ran Ok() => Ends(0);

    /// <summary>It has refused: nothing on standard output, and this on standard error.</summary>
    public Ran Refuses(int exitCode, string says)
    {
        Ends(exitCode);
        Assert.Equal("", Out);
        Assert.Contains(says, Error, StringComparison.Ordinal);
        return this;
    }
}

/// <summary>A command that goes on until it is interrupted.</summary>
internal sealed partial class Running(Process process) : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private readonly Task<string> errors = process.StandardError.ReadToEndAsync();

    /// <summary>The next line of standard output.</summary>
    public async Task<string> Line() =>
        await process.StandardOutput.ReadLineAsync().WaitAsync(Bound) ?? throw new EndOfStreamException(await errors);

    /// <summary>All lines up to the first that has this in it, which is the last of them.</summary>
    public async Task<List<string>> Until(string text)
    {
        var seen = new List<string>();
        do
            seen.Add(await Line());
        while (!seen[^1].Contains(text, StringComparison.Ordinal));
        return seen;
    }

    /// <summary>Reads on until this is shown, and types an answer.</summary>
    public async Task Answers(string question, string typed)
    {
        var shown = new StringBuilder();
        var letter = new char[1];
        while (!shown.ToString().EndsWith(question, StringComparison.Ordinal))
            shown.Append(letter, 0, await process.StandardOutput.ReadAsync(letter).AsTask().WaitAsync(Bound));
        await process.StandardInput.WriteAsync(typed);
        await process.StandardInput.FlushAsync();
    }

    /// <summary>Types this.</summary>
    public async Task Types(string text)
    {
        await process.StandardInput.WriteAsync(text);
        await process.StandardInput.FlushAsync();
    }

    /// <summary>Reads on until this is shown, whatever a terminal is told in between.</summary>
    public async Task Shows(string text)
    {
        var shown = new StringBuilder();
        var letters = new char[256];
        try
        {
            while (!Steering().Replace(shown.ToString(), "").Contains(text, StringComparison.Ordinal))
            {
                var read = await process.StandardOutput.ReadAsync(letters).AsTask().WaitAsync(Bound);
                Assert.True(read > 0, $"it has ended without '{text}': {shown}");
                shown.Append(letters, 0, read);
            }
        }
        catch (TimeoutException)
        {
            Assert.Fail($"it does not show '{text}': {shown}");
        }
    }

    /// <summary>It has come to its end by itself.</summary>
    public async Task<Ran> Ended()
    {
        var rest = await process.StandardOutput.ReadToEndAsync().WaitAsync(Bound);
        await process.ToEnd();
        return new(process.ExitCode, rest, await errors);
    }

    /// <summary>As Ctrl-C does.</summary>
    /// <returns>How it ended, and what it has said on standard error.</returns>
    public async Task<Ran> Interrupted()
    {
        using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        await kill.ToEnd();
        await process.ToEnd();
        return new(process.ExitCode, "", await errors);
    }

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]|\e[=>]|\x08.?")]
    private static partial Regex Steering();

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.ToEnd();
        }

        process.Dispose();
    }
}
