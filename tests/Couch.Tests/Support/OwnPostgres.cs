using System.Diagnostics;
using Npgsql;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>A PostgreSQL server that one test has to itself, and may stop and start.</summary>
internal sealed class OwnPostgres : IAsyncDisposable
{
    private const string Variable = "COUCH_TEST_POSTGRES_BIN";
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder folder = new();
    private readonly int port = FreePort.Find(1)[0];

    private static string Programs => Environment.GetEnvironmentVariable(Variable) ?? throw new InvalidOperationException(
        $"{Variable} is not set: run the tests by tests/run.sh, or one of them by tests/with-postgres.sh dotnet run --project tests/Couch.Tests");

    /// <summary>One of the server's programs, such as <c>pg_dump</c>.</summary>
    public static string Program(string name) => Path.Combine(Programs, name);

    public string ConnectionString => $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres";

    public static async Task<OwnPostgres> Start()
    {
        var server = new OwnPostgres();
        if (Environment.UserName is "root")
            await Run("chown", "postgres", server.folder.Path);
        await server.AsServer("initdb", "-D", server.folder["data"], "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C");
        // fsync stays on: whoever is stopped at once must have written what it said.
        await server.AsServer("pg_ctl", [.. server.Begin, "start"]);
        return server;
    }

    /// <param name="mode"><c>fast</c> breaks every connection and writes out; <c>immediate</c> is a crash.</param>
    public async Task Restart(string mode)
    {
        await AsServer("pg_ctl", "-D", folder["data"], "-w", "-m", mode, "stop");
        await AsServer("pg_ctl", [.. Begin, "start"]);
        await Until.True(Answers, Bound, "the server answers again");
    }

    public async ValueTask DisposeAsync()
    {
        await AsServer("pg_ctl", "-D", folder["data"], "-w", "-m", "immediate", "stop");
        folder.Dispose();
    }

    private string[] Begin =>
    [
        "-D", folder["data"], "-l", folder["log"], "-w", "-t", "60", "-o",
        $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder.Path} -c max_connections=300 -c shared_buffers=64MB",
    ];

    private async Task<bool> Answers()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    /// <summary>The server refuses to run as root.</summary>
    private Task AsServer(string program, params string[] arguments) => Environment.UserName is "root"
        ? Run("runuser", ["-u", "postgres", "--", Program(program), .. arguments])
        : Run(Program(program), arguments);

    private static async Task Run(string program, params string[] arguments)
    {
        // A server started here keeps what it is given open: its output goes to its log, not into a pipe of ours.
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", "exec \"$@\" >/dev/null", "sh", program, .. arguments]) { WorkingDirectory = "/" })!;
        await process.ToEnd();
        Assert.True(process.ExitCode is 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }
}
