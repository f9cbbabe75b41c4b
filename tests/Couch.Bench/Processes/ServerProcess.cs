using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Couch.Bench.Processes;

/// <summary>A server in a process of its own, as an operator runs it, its output in a file.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopBound = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly string log;
    private readonly Process process;

    private ServerProcess(Uri address, string log, Process process) => (Address, this.log, this.process) = (address, log, process);

    public Uri Address { get; }

    /// <summary>A server that answers 200 at <paramref name="readyPath"/>.</summary>
    public static async Task<ServerProcess> Start(
        string log, string readyPath, string program, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}");
        // The shell puts the output into the file and becomes the server: nobody here has to read a line while rounds run.
        var start = new ProcessStartInfo("sh",
        [
            "-c", "log=$1; shift; exec dotnet \"$@\" >\"$log\" 2>&1", "sh", log,
            Path.Combine(AppContext.BaseDirectory, program), .. arguments, "--urls", address.ToString().TrimEnd('/'),
        ]) { WorkingDirectory = Path.GetDirectoryName(log)! };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        var server = new ServerProcess(address, log, Process.Start(start)!);
        await server.Ready(readyPath);
        return server;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>What the kernel says the process has in memory, in bytes.</summary>
    public long Resident()
    {
        var line = File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>The processor time it has taken so far, all threads together.</summary>
    public TimeSpan Processor()
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }

    /// <summary>What is printed so far: why a round failed often stands there.</summary>
    public string LogTail() => string.Join(Environment.NewLine, File.ReadLines(log).TakeLast(20));

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            // Asked, not killed: a couch leaves its cluster, and SQLite folds its log into the database.
            using var ask = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            using var bound = new CancellationTokenSource(StopBound);
            try
            {
                await process.WaitForExitAsync(bound.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }

        process.Dispose();
    }

    private async Task Ready(string path)
    {
        using var http = new HttpClient { BaseAddress = Address };
        var clock = TimeProvider.System;
        var began = clock.GetTimestamp();
        while (!await Answers(http, path))
        {
            if (process.HasExited || clock.GetElapsedTime(began) > StartBound)
            {
                var tail = LogTail();
                await DisposeAsync();
                throw new FailedStartException($"a server did not start:{Environment.NewLine}{tail}");
            }

            await Task.Delay(Look, clock);
        }
    }

    private static async Task<bool> Answers(HttpClient http, string path)
    {
        try
        {
            using var response = await http.GetAsync(path);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}

/// <summary>Something that the benchmark stands on is missing. The message says what to do.</summary>
internal sealed class FailedStartException(string message) : Exception(message);
