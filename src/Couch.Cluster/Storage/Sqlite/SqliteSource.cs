using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Couch.Cluster.Storage.Sqlite;

/// <summary>Connections that only read, pooled by the driver. What writes goes through <see cref="SqliteWriter"/>.</summary>
/// <param name="pragmas">The pragmas that are set each time a connection is opened.</param>
internal sealed class SqliteSource(string connectionString, string pragmas) : DbDataSource
{
    public override string ConnectionString => connectionString;

    protected override DbConnection CreateDbConnection() => new Reader(connectionString, pragmas);

    protected override void Dispose(bool disposing)
    {
        // Closing the last connection checkpoints the write-ahead log into the database.
        using var connection = new SqliteConnection(connectionString);
        SqliteConnection.ClearPool(connection);
        base.Dispose(disposing);
    }

    private sealed class Reader(string connectionString, string pragmas) : SqliteConnection(connectionString)
    {
        public override void Open()
        {
            base.Open();
            using var command = CreateCommand();
            command.CommandText = pragmas;
            command.ExecuteNonQuery();
        }
    }
}
