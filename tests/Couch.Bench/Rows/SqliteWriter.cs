using Couch.Cluster.Storage;
using Microsoft.Data.Sqlite;

namespace Couch.Bench.Rows;

/// <summary>
/// Microsoft.Data.Sqlite and nothing above it: one connection that stays open, its statements prepared once, behind a
/// semaphore. SQLite has one writer, so more connections would only wait for each other.
/// </summary>
internal sealed class SqliteWriter : BareWriter
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly SqliteConnection connection;
    private readonly SqliteCommand writeRow;
    private readonly SqliteCommand upsertReminder;
    private readonly SqliteCommand begin;
    private readonly SqliteCommand commit;

    private SqliteWriter(SqliteConnection connection)
    {
        this.connection = connection;
        Prepared("PRAGMA synchronous = FULL").ExecuteNonQuery();
        begin = Prepared("BEGIN IMMEDIATE");
        commit = Prepared("COMMIT");
        writeRow = Prepared(Query("WriteToStorageKey"), "@ServiceId", "@GrainTypeString", "@GrainIdExtensionString", "@GrainStateVersion",
            "@PayloadBinary");
        upsertReminder = Prepared(
            Query("UpsertReminderRowKey"), "@ServiceId", "@GrainId", "@ReminderName", "@StartTime", "@Period", "@GrainHash");
    }

    public static SqliteWriter Open(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        return new(connection);
    }

    public override async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        turn.Dispose();
    }

    protected override async Task Commit(ReadOnlyMemory<object> rows)
    {
        await turn.WaitAsync();
        try
        {
            // A statement outside a transaction is one of its own, and costs two statements less.
            if (rows.Length > 1)
                begin.ExecuteNonQuery();
            foreach (var row in rows.Span)
                Write(row);
            if (rows.Length > 1)
                commit.ExecuteNonQuery();
        }
        finally
        {
            turn.Release();
        }
    }

    private void Write(object written)
    {
        var command = written is StoredReminder reminder
            ? Bind(upsertReminder, GrainKinds.Service, reminder.GrainId, StoredReminder.Name, reminder.StartTime,
                StoredReminder.PeriodMilliseconds, reminder.GrainHash)
            : written is StoredRow row
                ? Bind(writeRow, GrainKinds.Service, row.Kind, row.Id, row.Version == 1 ? DBNull.Value : row.Version - 1, row.State)
                : throw new ArgumentException("neither a row nor a reminder", nameof(written));

        // Read to its end: only then is the statement done, and with it its transaction.
        var answers = 0;
        using var reader = command.ExecuteReader();
        while (reader.Read())
            answers++;
        if (answers != 1)
            throw Lost(written);
    }

    private static SqliteCommand Bind(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var index = 0; index < values.Length; index++)
            command.Parameters[index].Value = values[index];
        return command;
    }

    private SqliteCommand Prepared(string text, params ReadOnlySpan<string> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var name in parameters)
            command.Parameters.Add(new SqliteParameter { ParameterName = name, Value = DBNull.Value });
        command.Prepare();
        return command;
    }

    private string Query(string key)
    {
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT QueryText FROM OrleansQuery WHERE QueryKey = @key";
        query.Parameters.AddWithValue("@key", key);
        return (string)query.ExecuteScalar()!;
    }
}
