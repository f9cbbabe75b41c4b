using System.Diagnostics;

namespace Couch.Tests.Support;

/// <summary>PgBouncer before a PostgreSQL: clients share its sessions.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder folder = new();
    private readonly Process process;

    private PgBouncer(OwnPostgres server, string mode)
    {
        var port = FreePort.Find(1)[0];
        ConnectionString = $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres";
        File.WriteAllText(folder["users"], "\"postgres\" \"\"\n");
        File.WriteAllText(folder["pgbouncer.ini"], $"""
            [databases]
            postgres = host=127.0.0.1 port={server.Port} dbname=postgres
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = trust
            auth_file = {folder["users"]}
            pool_mode = {mode}
            default_pool_size = 30
            server_round_robin = 1
            """);
        // It refuses to run as root.
        string[] command = ["pgbouncer", "-q", folder["pgbouncer.ini"]];
        if (Environment.UserName is "root")
        {
            using var owned = Process.Start("chown", ["-R", "postgres", folder.Path]);
            owned.WaitForExit();
            command = ["runuser", "-u", "postgres", "--", .. command];
        }

        process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
    }

    public string ConnectionString { get; }

    /// <param name="mode">How long a client keeps the session that it is lent: for a <c>transaction</c>, or for its <c>session</c>.</param>
    public static async Task<PgBouncer> Before(OwnPostgres server, string mode = "transaction")
    {
        var pool = new PgBouncer(server, mode);
        await Until.True(() => OwnPostgres.Answers(pool.ConnectionString), Bound, "PgBouncer answers");
        return pool;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.ToEnd();
        process.Dispose();
        folder.Dispose();
    }
}
