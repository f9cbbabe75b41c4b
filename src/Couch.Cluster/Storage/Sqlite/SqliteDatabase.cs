using System.Data.Common;
using System.Security.Cryptography;
using Couch.Cluster.Configuration;
using Couch.Domain.Capabilities;
using DbUp;
using Microsoft.Data.Sqlite;

namespace Couch.Cluster.Storage.Sqlite;

/// <summary>SQLite: the database of a single node, in a folder that one process holds at a time.</summary>
public sealed class SqliteDatabase : CouchDatabase
{
    private const string Name = "couch.db";

    // Only another program, such as a backup or a shell, can keep the file busy, and not for long.
    private const int BusySeconds = 5;

    /// <summary>The greatest age of a commit that shows that the disk accepts writes.</summary>
    private static readonly TimeSpan Confirmed = TimeSpan.FromSeconds(10);

    private readonly DataFolder folder;
    private readonly SqliteWriter writer;
    private readonly WriterSource writes;
    private readonly SqliteSource reads;

    private SqliteDatabase(DataFolder folder, TimeProvider clock) : base(clock)
    {
        this.folder = folder;
        Where = Path.Combine(folder.FullPath, Name);
        var settings = new SqliteConnectionStringBuilder
        {
            DataSource = Where,
            Mode = SqliteOpenMode.ReadWrite,
            DefaultTimeout = BusySeconds,
            Pooling = false,
        };
        // Every commit is on the disk before its caller is answered.
        writer = new SqliteWriter(settings.ConnectionString, $"PRAGMA busy_timeout = {BusySeconds}000; PRAGMA synchronous = FULL", clock);
        writes = new WriterSource(writer, settings.ConnectionString);
        settings.Pooling = true;
        reads = new SqliteSource(settings.ConnectionString, $"PRAGMA busy_timeout = {BusySeconds}000; PRAGMA query_only = ON");
    }

    /// <summary>Takes <paramref name="folder"/> for this process, making it if it is not there.</summary>
    /// <param name="clock">For the start time of the folder's holder; null is the system's.</param>
    /// <exception cref="SettingsException">It cannot be used, or another process holds it.</exception>
    public static SqliteDatabase Open(string folder, TimeProvider? clock = null, TimeSpan? reminderHorizon = null)
    {
        clock ??= TimeProvider.System;
        return new SqliteDatabase(DataFolder.Take(folder, clock), clock)
        {
            ReminderHorizon = reminderHorizon ?? CouchOptions.DefaultReminderHorizon,
        };
    }

    /// <inheritdoc/>
    public override string Invariant => "System.Data.SQLite";

    /// <inheritdoc/>
    public override string Where { get; }

    /// <inheritdoc/>
    public override DbDataSource Writes => writes;

    /// <inheritdoc/>
    public override DbDataSource Reads => reads;

    internal override string InsertRow =>
        """
        INSERT INTO grain_state (service, kind, id, version, state) VALUES (@service, @kind, @id, 1, @state)
        ON CONFLICT DO NOTHING RETURNING id
        """;

    /// <remarks>The only writer numbers events as it writes them.</remarks>
    internal override string NumberEvents =>
        """
        SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0), 0,
          CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000
        WHERE @most > 0 AND @thorough IS NOT NULL
        """;

    /// <summary>The node's own signing keys, made on first use.</summary>
    /// <exception cref="SettingsException">The key's file is damaged.</exception>
    public SigningKeys SigningKeys(RandomNumberGenerator random) => SigningKeyFile.ReadOrMake(folder, random);

    /// <inheritdoc/>
    public override Task Upgrade(CancellationToken cancel) => Task.Run(
        () => FolderFailures.ToSettings(folder.FullPath, () =>
        {
            // SQLite gives this file's permissions to the -wal and -shm files beside it.
            folder.OwnFile(Name);
            UseWriteAheadLog();
            Schema.Upgrade(DeployChanges.To.SqliteDatabase(writes.ConnectionString), "Sqlite", ReminderHorizon);
            OpenWriter();
            return true;
        }),
        cancel);

    /// <inheritdoc/>
    public override string Explain(Exception failure) => FolderFailures.Explain(folder.FullPath, failure);

    /// <remarks>
    /// When nothing has been written for a while, or the last write failed, a write is made that changes nothing.
    /// </remarks>
    protected override async Task<string?> WhyNoWrites()
    {
        await using (var connection = await reads.OpenConnectionAsync())
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = "SELECT 1 FROM OrleansQuery LIMIT 1";
            await command.ExecuteScalarAsync();
        }

        // A small write may still fit into the log where a larger one does not.
        if (FolderFailures.WhyNoRoom(folder.FullPath) is { } full)
            return full;
        if (writer.HasCommitted(Confirmed))
            return null;
        await using var write = new SqliteCommand(
            "UPDATE OrleansQuery SET QueryText = QueryText WHERE QueryKey = (SELECT min(QueryKey) FROM OrleansQuery)");
        await writer.Run(write, CancellationToken.None);
        return null;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await reads.DisposeAsync();
        await writes.DisposeAsync();
        folder.Dispose();
    }

    /// <summary>With this mode readers never wait for the writer, nor it for them. The mode is stored in the database.</summary>
    private void UseWriteAheadLog()
    {
        using var connection = new SqliteConnection(writes.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL";
        if (command.ExecuteScalar() is not "wal")
            throw new SettingsException(
                $"  - the file system under the data folder {folder.FullPath} cannot carry the database; use a local disk");
    }

    /// <summary>Creates the write-ahead log and its index now: a disk that fills up later can still be read.</summary>
    private void OpenWriter()
    {
        using var connection = writes.OpenConnection();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT 1";
        command.ExecuteScalar();
    }
}
