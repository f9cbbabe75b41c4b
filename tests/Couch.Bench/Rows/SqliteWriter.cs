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
    private readonly SqliteCommand begin;
    private readonly SqliteCommand commit;

    private SqliteWriter(SqliteConnection connection)
    {
        this.connection = connection;
        Prepared("PRAGMA synchronous = FULL").ExecuteNonQuery();
        begin = Prepared("BEGIN IMMEDIATE");
        commit = Prepared("COMMIT");
        using var query = Prepared("SELECT QueryText FROM OrleansQuery WHERE QueryKey = 'WriteToStorageKey'");
        writeRow = Prepared(
            (string)query.ExecuteScalar()!, "@ServiceId", "@GrainTypeString", "@GrainIdExtensionString", "@GrainStateVersion",
            "@PayloadBinary");
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

    protected override async Task Commit(ReadOnlyMemory<StoredRow> rows)
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

    private void Write(StoredRow row)
    {
        Bind(GrainKinds.Service, row.Kind, row.Id, row.Version == 1 ? DBNull.Value : row.Version - 1, row.State);
        // Read to its end: only then is the statement done, and with it its transaction.
        var answers = 0;
        using var reader = writeRow.ExecuteReader();
        while (reader.Read())
            answers++;
        if (answers != 1)
            throw Lost(row);
    }

    private void Bind(params ReadOnlySpan<object> values)
    {
        for (var index = 0; index < values.Length; index++)
            writeRow.Parameters[index].Value = values[index];
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
}
