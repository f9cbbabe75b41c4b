using System.Data.Common;
using Couch.Bench.Rows;
using Couch.Cluster;
using Couch.Cluster.Storage;
using Microsoft.Data.Sqlite;

namespace Couch.Bench.Stores;

internal sealed class SqliteStore : Store
{
    private readonly string folder;

    private SqliteStore(string folder) => this.folder = folder;

    public static StorageEngine Engine(string folder)
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        var stores = 0;
        return new("SQLite", $"SQLite {connection.ServerVersion}, WAL, synchronous = FULL",
            () => new SqliteStore(Path.Combine(folder, $"sqlite-{++stores}")));
    }

    public override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["COUCH_DATA_DIR"] = folder };

    protected override CouchOptions Options => new() { DataFolder = folder };

    private string File => Path.Combine(folder, "couch.db");

    public override Task<BareWriter> CopyBare()
    {
        var copy = Path.Combine(folder, "bare.db");
        System.IO.File.Copy(File, copy);
        return Task.FromResult<BareWriter>(SqliteWriter.Open(copy));
    }

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    protected override DbConnection Connect() => Unpooled();

    protected override async Task Load(Population population)
    {
        await using var connection = Unpooled();
        await connection.OpenAsync();
        await using var transaction = connection.BeginTransaction();
        LoadRows(connection, transaction, population);
        await transaction.CommitAsync();
    }

    private SqliteConnection Unpooled() => new($"Data Source={File};Pooling=False");

    private static void LoadRows(SqliteConnection connection, SqliteTransaction transaction, Population population)
    {
        using var insert = new SqliteCommand(
            "INSERT INTO grain_state (service, kind, id, version, state) VALUES (@service, @kind, @id, @version, CAST(@state AS TEXT))",
            connection, transaction);
        insert.Parameters.AddWithValue("@service", GrainKinds.Service);
        var (kind, id, version, state) = (
            insert.Parameters.Add("@kind", SqliteType.Text), insert.Parameters.Add("@id", SqliteType.Text),
            insert.Parameters.Add("@version", SqliteType.Integer), insert.Parameters.Add("@state", SqliteType.Blob));
        foreach (var row in population.Rows)
        {
            (kind.Value, id.Value, version.Value, state.Value) = (row.Kind, row.Id, row.Version, row.State);
            insert.ExecuteNonQuery();
        }
    }
}
