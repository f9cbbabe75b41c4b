using Couch.Cluster.Storage;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>Tests that each need the tables to themselves.</summary>
public abstract class FreshDatabaseTests(Engine engine) : IAsyncLifetime
{
    protected CouchDatabase Database { get; private set; } = null!;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Database = await engine.OpenEmpty();
        await Database.Upgrade(Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
