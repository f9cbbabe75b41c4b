using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Couch.Cluster.Storage.Sqlite;

/// <summary>
/// The writer as ADO.NET: connections cost nothing, because each command goes to the writer's own connection. Each command is a
/// transaction; there are no others.
/// </summary>
internal sealed class WriterSource(SqliteWriter writer, string connectionString) : DbDataSource
{
    public override string ConnectionString => connectionString;

    protected override DbConnection CreateDbConnection() => new Connection(writer);

    protected override void Dispose(bool disposing)
    {
        writer.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>A SQLite connection by type only, because Orleans requires one: it never opens the file.</summary>
    private sealed class Connection(SqliteWriter writer) : SqliteConnection
    {
        private ConnectionState state = ConnectionState.Closed;

        public override ConnectionState State => state;
        public override void Open() => state = ConnectionState.Open;
        public override void Close() => state = ConnectionState.Closed;

        public override Task OpenAsync(CancellationToken cancellationToken)
        {
            Open();
            return Task.CompletedTask;
        }

        public override SqliteCommand CreateCommand() => new Command(writer);
        protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) =>
            throw new NotSupportedException("a command is a transaction by itself here");
    }

    private sealed class Command(SqliteWriter writer) : SqliteCommand
    {
        public override void Prepare() { }

        public override int ExecuteNonQuery() => Run().RecordsAffected;
        public override object? ExecuteScalar() => Run().First;
        protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => Run();

        public override async Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken) =>
            (await writer.Run(this, cancellationToken)).RecordsAffected;
        public override async Task<object?> ExecuteScalarAsync(CancellationToken cancellationToken) =>
            (await writer.Run(this, cancellationToken)).First;
        protected override async Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior,
            CancellationToken cancellationToken) => await writer.Run(this, cancellationToken);

        private RowsInMemory Run() => writer.Run(this, CancellationToken.None).GetAwaiter().GetResult();
    }
}
