using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Couch.Cluster.Storage.Sqlite;

/// <summary>
/// Pooled connections, so many at once and no more; who comes later waits in line without holding a thread. SQLite
/// has one writer and its busy wait blocks a thread, so writers must meet here and not in the file.
/// </summary>
/// <param name="pragmas">What a physical connection is told once, when it is opened.</param>
internal sealed class SqliteSource(string connectionString, string pragmas, int atOnce) : DbDataSource
{
    // A semaphore serves its asynchronous waiters in the order they came, and hands its turn straight to the next.
    private readonly SemaphoreSlim turns = new(atOnce, atOnce);
    private readonly ConditionalWeakTable<sqlite3, object> told = [];

    public override string ConnectionString => connectionString;

    protected override DbConnection CreateDbConnection() => new Turn(this);

    protected override void Dispose(bool disposing)
    {
        // The last connection to close folds the write-ahead log into the database.
        using var connection = new SqliteConnection(connectionString);
        SqliteConnection.ClearPool(connection);
        base.Dispose(disposing);
    }

    /// <summary>A connection whose opening takes a turn and whose closing gives it back, once, however often it is closed.</summary>
    private sealed class Turn(SqliteSource source) : SqliteConnection(source.ConnectionString)
    {
        private bool taken;

        public override void Open()
        {
            if (!source.turns.Wait(SqliteWriter.LongestWait))
                throw SqliteWriter.NoTurn();
            OpenInTurn();
        }

        public override async Task OpenAsync(CancellationToken cancellationToken)
        {
            if (!await source.turns.WaitAsync(SqliteWriter.LongestWait, cancellationToken))
                throw SqliteWriter.NoTurn();
            OpenInTurn();
        }

        public override void Close()
        {
            base.Close();
            if (taken)
            {
                taken = false;
                source.turns.Release();
            }
        }

        private void OpenInTurn()
        {
            taken = true;
            try
            {
                base.Open();
                source.Tell(this);
            }
            catch
            {
                Close();
                throw;
            }
        }
    }

    private void Tell(SqliteConnection connection)
    {
        if (told.TryGetValue(connection.Handle!, out _))
            return;
        using var command = connection.CreateCommand();
        command.CommandText = pragmas;
        command.ExecuteNonQuery();
        told.Add(connection.Handle!, told);
    }
}
