using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>A couch in a process of its own, as an operator runs it, which a test may kill with SIGKILL and start again.</summary>
internal sealed class CouchProcess : IAsyncDisposable
{
    /// <summary>The couch itself, beside the tests.</summary>
    public const string Gateway = "Couch.Gateway.dll";

    /// <summary>
    /// The same with a clock that is wrong by the seconds in <c>CLOCK_SKEW</c>, whose silo is reached by the port in
    /// <c>SILO_REACHED_AT</c>.
    /// </summary>
    public const string Skewed = "Couch.SkewedNode.dll";

    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, string> environment;
    private readonly StringBuilder output = new();
    private readonly int port;
    private readonly int? openFiles;
    private readonly string? outputTo;
    private string program;
    private Process? process;

    private CouchProcess(Dictionary<string, string> environment, string program = Gateway, int? openFiles = null, string? outputTo = null)
    {
        (this.program, this.openFiles, this.outputTo) = (program, openFiles, outputTo);
        var ports = FreePort.Find(3);
        port = ports[0];
        var own = new Dictionary<string, string>
        {
            ["COUCH_SILO_PORT"] = $"{ports[1]}",
            ["COUCH_REDEEMS_PER_MINUTE"] = "0",
            ["COUCH_STATUS_PER_MINUTE"] = "0",
        };
        // Its default is one port for all silos of a machine.
        if (environment.GetValueOrDefault("COUCH_ROLE") == "silo")
            own["COUCH_GATEWAY_PORT"] = $"{ports[2]}";
        this.environment = own.And(environment);
        Http = new() { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(30) };
    }

    public HttpClient Http { get; }

    /// <summary>Whoever comes, with nothing in their hands.</summary>
    public Caller Anyone => new(Http.BaseAddress!);

    public int Id => process!.Id;

    public int Port => port;

    public int SiloPort => int.Parse(environment["COUCH_SILO_PORT"], CultureInfo.InvariantCulture);

    public bool IsRunning => process is { HasExited: false };

    /// <summary>How the process ended; only once it has.</summary>
    public int ExitCode => process!.ExitCode;

    /// <summary>Everything the process has printed, over all its lives.</summary>
    public string Output
    {
        get { lock (output) return output.ToString(); }
    }

    /// <summary>A couch that answers: its silo is active.</summary>
    /// <param name="openFiles">What <c>ulimit -n</c> lets it have open; null: what the tests may.</param>
    /// <param name="outputTo">A file, a pipe or a device that it writes to; null: <see cref="Output"/>.</param>
    public static async Task<CouchProcess> Start(
        Dictionary<string, string> environment, string program = Gateway, int? openFiles = null, string? outputTo = null)
    {
        var couch = new CouchProcess(environment, program, openFiles, outputTo);
        try
        {
            await couch.StartAgain();
            return couch;
        }
        catch
        {
            // Nobody else knows it: it would outlive the tests.
            await couch.DisposeAsync();
            throw;
        }
    }

    /// <summary>A couch that has been started, and may wait for something.</summary>
    public static CouchProcess Launched(Dictionary<string, string> environment)
    {
        var couch = new CouchProcess(environment);
        couch.Launch("--urls", $"http://127.0.0.1:{couch.port}");
        return couch;
    }

    /// <summary>A couch that listens, ready or not.</summary>
    public static async Task<CouchProcess> StartUnready(Dictionary<string, string> environment)
    {
        var couch = Launched(environment);
        await Until.True(() => couch.Answers("/health"), StartBound, "the couch listens");
        return couch;
    }

    /// <summary>Runs a couch that is expected not to start, and gives back its exit code and what it printed.</summary>
    public static Task<(int ExitCode, string Output)> RunToEnd(Dictionary<string, string> environment, params string[] arguments) =>
        RunToEnd(environment, null, arguments);

    /// <inheritdoc cref="RunToEnd(Dictionary{string, string}, string[])"/>
    /// <param name="openFiles">What <c>ulimit -n</c> lets it have open; null: what the tests may.</param>
    public static async Task<(int ExitCode, string Output)> RunToEnd(
        Dictionary<string, string> environment, int? openFiles, params string[] arguments)
    {
        await using var couch = new CouchProcess(environment, openFiles: openFiles);
        couch.Launch(arguments);
        using var bound = new CancellationTokenSource(StartBound);
        await couch.process!.WaitForExitAsync(bound.Token);
        couch.process.WaitForExit();
        return (couch.process.ExitCode, couch.Output);
    }

    /// <param name="other">From now on it is this program; null: the one that it has been.</param>
    public async Task StartAgain(string? other = null)
    {
        program = other ?? program;
        Launch("--urls", $"http://127.0.0.1:{port}");
        await IsReady(StartBound);
    }

    public Task IsReady(TimeSpan bound) => Until.True(() => Answers("/health/ready"), bound, "the couch is ready");

    /// <summary>SIGKILL: nothing is flushed, nobody is told.</summary>
    public async Task KillHard()
    {
        process!.Kill();
        await process.ToEnd();
    }

    /// <summary>SIGTERM: it ends by itself, and how is its <see cref="ExitCode"/>.</summary>
    public async Task End()
    {
        await Signal("TERM");
        await process!.ToEnd();
    }

    /// <summary>SIGSTOP: it stands still, with every connection open, until <see cref="GoOn"/>.</summary>
    public Task StandStill() => Signal("STOP");

    public Task GoOn() => Signal("CONT");

    public async Task<JsonNode> Post(string path, object body, int status = 201)
    {
        using var response = await Http.PostAsJsonAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    public async Task<JsonNode> Get(string path) => JsonNode.Parse(await Http.GetStringAsync(path))!;

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
            await KillHard();
        process?.Dispose();
        Http.Dispose();
    }

    private async Task Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{Id}"]);
        await kill.ToEnd();
        Assert.Equal(0, kill.ExitCode);
    }

    private async Task<bool> Answers(string path)
    {
        if (process!.HasExited)
            Assert.Fail($"the couch exited with {process.ExitCode}: {Output}");
        try
        {
            using var response = await Http.GetAsync(path);
            return response.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or SocketException)
        {
            // Before it listens for good a couch looks whether its port is free: a connection of that moment is reset.
            return false;
        }
    }

    private void Launch(params string[] arguments)
    {
        string[] command = ["dotnet", Path.Combine(AppContext.BaseDirectory, program), .. arguments];
        // The shell becomes the couch, and keeps its id.
        if (openFiles is { } limit)
            command = ["/bin/sh", "-c", $"ulimit -n {limit} && exec \"$0\" \"$@\"", .. command];
        if (outputTo is not null)
            command = ["/bin/sh", "-c", $"exec \"$0\" \"$@\" >'{outputTo}' 2>&1", .. command];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private void Keep(string? line)
    {
        lock (output)
            output.AppendLine(line);
    }
}
