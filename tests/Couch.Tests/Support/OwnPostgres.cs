using System.Diagnostics;
using Npgsql;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>A PostgreSQL server that one test has to itself, and may stop and start.</summary>
internal sealed class OwnPostgres : IAsyncDisposable
{
    private const string Bin = "COUCH_TEST_POSTGRES_BIN";
    private const string Template = "COUCH_TEST_POSTGRES_TEMPLATE";
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder folder = new();

    /// <summary>One of the server's programs, such as <c>pg_dump</c>.</summary>
    public static string Program(string name) => Path.Combine(Variable(Bin), name);

    public int Port { get; } = FreePort.Find(1)[0];

    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Username=postgres;Database=postgres";

    /// <summary>By the server's socket, where nobody is asked for a password.</summary>
    public string AdminConnectionString => $"Host={folder.Path};Port={Port};Username=postgres;Database=postgres";

    public static async Task<OwnPostgres> Start()
    {
        var server = await Empty();
        await AsItsUser("cp", "-R", Variable(Template), server.folder["data"]);
        // fsync stays on: whoever is stopped at once must have written what it said.
        await server.AsServer("pg_ctl", [.. server.Begin, "start"]);
        return server;
    }

    /// <summary>A server that follows this one, and takes no writes until it is promoted.</summary>
    public async Task<OwnPostgres> Standby()
    {
        var standby = await Empty();
        await standby.AsServer(
            "pg_basebackup", "-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", "-D", standby.folder["data"], "-R", "-c", "fast");
        await standby.AsServer("pg_ctl", [.. standby.Begin, "start"]);
        return standby;
    }

    public Task Promote() => AsServer("pg_ctl", "-D", folder["data"], "-w", "promote");

    /// <summary>From now on whoever comes by the network is asked for a password.</summary>
    public async Task RequirePasswords()
    {
        await File.WriteAllTextAsync(folder["data/pg_hba.conf"], "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
        await AsServer("pg_ctl", "-D", folder["data"], "reload");
    }

    /// <param name="mode"><c>fast</c> breaks every connection and writes out; <c>immediate</c> is a crash.</param>
    public Task Stop(string mode) => AsServer("pg_ctl", "-D", folder["data"], "-w", "-m", mode, "stop");

    /// <inheritdoc cref="Stop"/>
    public async Task Restart(string mode)
    {
        await Stop(mode);
        await AsServer("pg_ctl", [.. Begin, "start"]);
        await Until.True(() => Answers(ConnectionString), Bound, "the server answers again");
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(folder["data/postmaster.pid"]))
            await Stop("immediate");
        folder.Dispose();
    }

    private static async Task<OwnPostgres> Empty()
    {
        var server = new OwnPostgres();
        if (Environment.UserName is "root")
            await Run("chown", "postgres", server.folder.Path);
        return server;
    }

    /// <summary>Whether somebody can connect, with a connection of its own.</summary>
    public static async Task<bool> Answers(string connectionString)
    {
        try
        {
            await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private string[] Begin =>
    [
        "-D", folder["data"], "-l", folder["log"], "-w", "-t", "60", "-o",
        $"-p {Port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder.Path} -c max_connections=300 -c shared_buffers=64MB",
    ];

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException(
        $"{name} is not set: run the tests by tests/run.sh, or one of them by tests/with-postgres.sh dotnet run --project "
            + "tests/Couch.Tests");

    private Task AsServer(string program, params string[] arguments) => AsItsUser(Program(program), arguments);

    /// <summary>The server refuses to run as root.</summary>
    private static Task AsItsUser(string program, params string[] arguments) => Environment.UserName is "root"
        ? Run("runuser", ["-u", "postgres", "--", program, .. arguments])
        : Run(program, arguments);

    private static async Task Run(string program, params string[] arguments)
    {
        // A server started here keeps what it is given open: its output goes to its log, not into a pipe of ours.
        using var process = Process.Start(new ProcessStartInfo("sh",
            ["-c", "exec \"$@\" >/dev/null", "sh", program, .. arguments]) { WorkingDirectory = "/" })!;
        await process.ToEnd();
        Assert.True(process.ExitCode is 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }
}
