using System.Data.Common;
using System.Text.Json;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Microsoft.Data.Sqlite;
using Npgsql;
using Xunit;

namespace Couch.Tests.Crashes;

/// <summary>Where a couch that gets killed keeps its data, and what a test may do to that behind its back.</summary>
public abstract class CrashableCouch : IAsyncLifetime
{
    protected abstract Dictionary<string, string> Environment { get; }

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    internal Task<CouchProcess> Start(Dictionary<string, string>? settings = null) => CouchProcess.Start(Environment.And(settings ?? []));

    /// <summary>What the table says, past every grain and every clock.</summary>
    internal async Task<string?> StatusInTable(string kind, string id)
    {
        await using var connection = await Open();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT status FROM grain_state WHERE kind = '{kind}' AND id = '{id}'";
        return await command.ExecuteScalarAsync() as string;
    }

    /// <summary>A guest's record of its VM, as the table has it; null where it has none.</summary>
    internal async Task<Vm?> VmInTable(string guest)
    {
        await using var connection = await Open();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT CAST(state -> 'vm' AS text) FROM grain_state WHERE kind = 'guest' AND id = '{guest}'";
        return await command.ExecuteScalarAsync() is string vm ? JsonSerializer.Deserialize<Vm>(vm, CouchJson.Stored) : null;
    }

    /// <summary>Until disposed, no guest's row gets into the table.</summary>
    internal abstract Task<IAsyncDisposable> HoldBackGuests();

    /// <summary>Until disposed, no row of this kind changes.</summary>
    /// <param name="id">Only this row; null: every one.</param>
    internal abstract Task<IAsyncDisposable> HoldBackChanges(string kind, string? id = null);

    internal Task<string> BackUp(string file, int exitCode = 0) =>
        DeployScript.Run(exitCode, "backup.sh", BackupArguments(file), ForScripts);

    internal Task<string> Restore(string file, int exitCode = 0) =>
        DeployScript.Run(exitCode, "restore.sh", RestoreArguments(file), ForScripts);

    internal async Task<bool> TryRestore(string file) =>
        (await DeployScript.Run("restore.sh", RestoreArguments(file), ForScripts)).ExitCode == 0;

    /// <summary>Loses every row.</summary>
    internal abstract Task Damage();

    protected virtual Dictionary<string, string> ForScripts => [];

    protected abstract string[] BackupArguments(string file);

    protected abstract string[] RestoreArguments(string file);

    protected abstract Task<DbConnection> Open();

    protected static string IsHeldBack(string kind, string? id) => $"NEW.kind = '{kind}'" + (id is null ? "" : $" AND NEW.id = '{id}'");

    protected static async Task Execute(DbConnection connection, string statement)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync();
    }

    protected sealed class Undo(Func<Task> undo) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await undo();
    }
}

public sealed class CrashableSqlite : CrashableCouch
{
    private readonly TemporaryFolder folder = new();

    protected override Dictionary<string, string> Environment => new() { ["COUCH_DATA_DIR"] = folder["data"] };

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The guest's write fails; the redeemer is told 503, and the couch is killed then.</summary>
    internal override async Task<IAsyncDisposable> HoldBackGuests()
    {
        await using var connection = await Open();
        await Execute(connection, "CREATE TRIGGER hold_back BEFORE INSERT ON grain_state WHEN NEW.kind = 'guest' BEGIN SELECT RAISE(ABORT, "
            + "'held back'); END");
        return new Undo(async () =>
        {
            await using var again = await Open();
            await Execute(again, "DROP TRIGGER hold_back");
        });
    }

    internal override async Task<IAsyncDisposable> HoldBackChanges(string kind, string? id = null)
    {
        await using var connection = await Open();
        await Execute(connection, $"CREATE TRIGGER hold_changes BEFORE UPDATE ON grain_state WHEN {IsHeldBack(kind, id)} BEGIN SELECT "
            + "RAISE(ABORT, 'held back'); END");
        return new Undo(async () =>
        {
            await using var again = await Open();
            await Execute(again, "DROP TRIGGER hold_changes");
        });
    }

    internal override async Task Damage()
    {
        await File.WriteAllTextAsync($"{folder["data"]}/couch.db", "no database");
        File.Delete($"{folder["data"]}/signing.key");
    }

    protected override string[] BackupArguments(string file) => ["sqlite", folder["data"], file];

    protected override string[] RestoreArguments(string file) => ["sqlite", file, folder["data"]];

    protected override async Task<DbConnection> Open()
    {
        var connection = new SqliteConnection($"Data Source={folder["data"]}/couch.db;Pooling=False;Default Timeout=10");
        await connection.OpenAsync();
        return connection;
    }
}

public sealed class CrashablePostgres : CrashableCouch
{
    private readonly string key = Some.Key();
    private PostgresServer.EmptyDatabase database = null!;

    protected override Dictionary<string, string> Environment => NodeSettings.Of(database.ConnectionString, key);

    public override async ValueTask InitializeAsync() => database = await PostgresServer.NewDatabase();

    public override ValueTask DisposeAsync() => database.DisposeAsync();

    /// <summary>The guest's write hangs on a lock that the test holds; the couch is killed in the middle of it.</summary>
    internal override async Task<IAsyncDisposable> HoldBackGuests()
    {
        var holder = await Open();
        await Execute(holder, """
            SELECT pg_advisory_lock(7);
            CREATE FUNCTION hold_back() RETURNS trigger LANGUAGE plpgsql AS
              'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NEW; END';
            CREATE TRIGGER hold_back BEFORE INSERT ON grain_state FOR EACH ROW WHEN (NEW.kind = 'guest') EXECUTE FUNCTION hold_back();
            """);
        return new Undo(async () =>
        {
            // The killed node's insert must not go through once the lock is gone: its session goes first.
            await Execute(holder, """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
                DROP FUNCTION hold_back() CASCADE;
                """);
            await holder.DisposeAsync();
        });
    }

    internal override async Task<IAsyncDisposable> HoldBackChanges(string kind, string? id = null)
    {
        await using var connection = await Open();
        await Execute(connection, $"""
            CREATE FUNCTION hold_changes() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''held back''; END';
            CREATE TRIGGER hold_changes BEFORE UPDATE ON grain_state FOR EACH ROW WHEN ({IsHeldBack(kind, id)})
              EXECUTE FUNCTION hold_changes();
            """);
        return new Undo(async () =>
        {
            await using var again = await Open();
            await Execute(again, "DROP FUNCTION hold_changes() CASCADE");
        });
    }

    internal override async Task Damage()
    {
        await using var connection = await Open();
        await Execute(connection, "DROP TABLE grain_state CASCADE");
    }

    protected override Dictionary<string, string> ForScripts
    {
        get
        {
            var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString);
            return new() { ["PGHOST"] = settings.Host!, ["PGPORT"] = $"{settings.Port}", ["PGUSER"] = settings.Username!,
                ["PGDATABASE"] = settings.Database! };
        }
    }

    protected override string[] BackupArguments(string file) => ["postgres", file];

    protected override string[] RestoreArguments(string file) => ["postgres", file];

    protected override async Task<DbConnection> Open()
    {
        var connection = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }
}
