using Couch.Cluster;
using Couch.Cluster.Storage;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Storage;

public abstract class MigrationTests(Engine engine)
{
    [Fact]
    public async Task Upgrading_twice_is_upgrading_once()
    {
        await using var database = await engine.OpenEmpty();

        await database.Upgrade(TestContext.Current.CancellationToken);
        await database.Upgrade(TestContext.Current.CancellationToken);

        Assert.Null(await database.WhyNotReady(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_database_without_its_schema_is_not_ready()
    {
        await using var database = await engine.OpenEmpty();

        Assert.NotNull(await database.WhyNotReady(TestContext.Current.CancellationToken));
    }
}

public sealed class MigrationsOnSqlite(SqliteEngine engine) : MigrationTests(engine), IClassFixture<SqliteEngine>;

public sealed class MigrationsOnPostgres(PostgresEngine engine) : MigrationTests(engine), IClassFixture<PostgresEngine>
{
    [Fact]
    public async Task Six_nodes_that_start_at_once_on_an_empty_database_all_come_up()
    {
        await using var empty = await PostgresServer.NewDatabase();
        var nodes = Enumerable.Range(0, 6)
            .Select(_ => CouchDatabase.Open(new CouchOptions { Postgres = empty.ConnectionString, DatabaseConnections = 4 }))
            .ToArray();

        await Task.WhenAll(nodes.Select(node => Task.Run(() => node.Upgrade(TestContext.Current.CancellationToken))));

        foreach (var node in nodes)
        {
            Assert.Null(await node.WhyNotReady(TestContext.Current.CancellationToken));
            await node.DisposeAsync();
        }
    }
}
