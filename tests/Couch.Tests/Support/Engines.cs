using Couch.Cluster;
using Couch.Cluster.Storage;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>
/// A database with its schema, one a test class. A claim about storage is made once, in an abstract class that takes
/// an engine, and holds for both: one derived class each, with that engine as its class fixture.
/// </summary>
public abstract class Engine : IAsyncLifetime
{
    public CouchDatabase Database { get; private set; } = null!;

    /// <summary>Another way into the same engine: an empty database of its own, not upgraded yet, disposed with the fixture.</summary>
    public abstract Task<CouchDatabase> OpenEmpty(TimeSpan? reminderHorizon = null);

    public async ValueTask InitializeAsync()
    {
        Database = await OpenEmpty();
        await Database.Upgrade(TestContext.Current.CancellationToken);
    }

    public abstract ValueTask DisposeAsync();
}

public sealed class PostgresEngine : Engine
{
    private readonly Stack<IAsyncDisposable> opened = new();

    public override async Task<CouchDatabase> OpenEmpty(TimeSpan? reminderHorizon = null)
    {
        var empty = await PostgresServer.NewDatabase();
        opened.Push(empty);
        var database = CouchDatabase.Open(new CouchOptions
        {
            Postgres = empty.ConnectionString,
            DatabaseConnections = 20,
            ReminderHorizon = reminderHorizon ?? CouchOptions.DefaultReminderHorizon,
        });
        opened.Push(database);
        return database;
    }

    public override async ValueTask DisposeAsync()
    {
        while (opened.TryPop(out var last))
            await last.DisposeAsync();
    }
}

public sealed class SqliteEngine : Engine
{
    private readonly Stack<(TemporaryFolder Folder, CouchDatabase Database)> opened = new();

    public override Task<CouchDatabase> OpenEmpty(TimeSpan? reminderHorizon = null)
    {
        var folder = new TemporaryFolder();
        var database = CouchDatabase.Open(new CouchOptions
        {
            DataFolder = folder["data"],
            ReminderHorizon = reminderHorizon ?? CouchOptions.DefaultReminderHorizon,
        });
        opened.Push((folder, database));
        return Task.FromResult(database);
    }

    public override async ValueTask DisposeAsync()
    {
        while (opened.TryPop(out var last))
        {
            await last.Database.DisposeAsync();
            last.Folder.Dispose();
        }
    }
}
