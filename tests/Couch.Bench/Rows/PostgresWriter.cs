using Couch.Cluster.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Couch.Bench.Rows;

/// <summary>
/// Npgsql and nothing above it: for each commit a connection out of the pool, as the couch takes it, statements prepared.
/// </summary>
internal sealed class PostgresWriter(NpgsqlDataSource source, string writeRow) : BareWriter
{
    public static async Task<PostgresWriter> Open(string connectionString)
    {
        // The couch's own settings, as far as they make a difference to speed.
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = 40, MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2, NoResetOnClose = true };
        var source = NpgsqlDataSource.Create(settings);
        await using var query = source.CreateCommand("SELECT QueryText FROM OrleansQuery WHERE QueryKey = 'WriteToStorageKey'");
        return new(source, (string)(await query.ExecuteScalarAsync())!);
    }

    public override ValueTask DisposeAsync() => source.DisposeAsync();

    // A batch is one transaction and one trip to the server, however many statements it has.
    protected override async Task Commit(ReadOnlyMemory<StoredRow> rows)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var batch = connection.CreateBatch();
        foreach (var row in rows.Span)
            batch.BatchCommands.Add(Command(row));

        await using var reader = await batch.ExecuteReaderAsync();
        for (var index = 0; index < rows.Length; index++)
        {
            if (!await reader.ReadAsync())
                throw Lost(rows.Span[index]);
            await reader.NextResultAsync();
        }
    }

    private NpgsqlBatchCommand Command(StoredRow row) => new(writeRow)
    {
        Parameters =
        {
            new NpgsqlParameter<string>("ServiceId", GrainKinds.Service),
            new NpgsqlParameter<string>("GrainTypeString", row.Kind),
            new NpgsqlParameter<string>("GrainIdExtensionString", row.Id),
            new NpgsqlParameter("GrainStateVersion", NpgsqlDbType.Integer)
            {
                Value = row.Version == 1 ? DBNull.Value : row.Version - 1,
            },
            new NpgsqlParameter<byte[]>("PayloadBinary", row.State),
        },
    };
}
