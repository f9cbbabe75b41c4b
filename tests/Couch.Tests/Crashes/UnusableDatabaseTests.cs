using Couch.Cluster;
using Couch.Tests.Support;
using Npgsql;
using Xunit;

namespace Couch.Tests.Crashes;

/// <summary>A PostgreSQL that a couch cannot work on is refused at start, in words that say what to do.</summary>
public sealed class UnusableDatabaseTests
{
    [Fact]
    public async Task A_database_that_cannot_hold_every_name_is_refused()
    {
        await using var database = await PostgresServer.NewDatabase("ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        await IsRefused(database.ConnectionString, "is encoded in LATIN1", "ENCODING 'UTF8'");
    }

    [Fact]
    public async Task A_search_path_to_a_schema_that_is_missing_is_refused_and_one_whose_name_needs_quotes_is_used()
    {
        await using var database = await PostgresServer.NewDatabase();
        await IsRefused(With(database.ConnectionString, "nowhere"), "none of the schemas", "nowhere", "Search Path");

        await PostgresServer.Execute(database.ConnectionString, "CREATE SCHEMA \"My Couch\"");
        await using var couch = await CouchProcess.Start(NodeSettings.Of(With(database.ConnectionString, "\"My Couch\"")));
        await couch.Anyone.Invite();
        await couch.Get("/couch/guests");
    }

    [Fact]
    public async Task A_database_of_another_application_that_uses_orleans_is_refused()
    {
        await using var database = await PostgresServer.NewDatabase();
        await PostgresServer.Execute(
            database.ConnectionString, "CREATE TABLE OrleansQuery (QueryKey varchar(64) NOT NULL, QueryText varchar(8000) NOT NULL)");
        await IsRefused(database.ConnectionString, "another application that uses Orleans", "Search Path");
    }

    [Fact]
    public async Task Behind_a_pool_that_lends_sessions_for_a_transaction_a_couch_asks_for_the_setting_that_it_needs_and_works_with_it()
    {
        await using var server = await OwnPostgres.Start();
        await using var pool = await PgBouncer.Before(server);
        await IsRefused(pool.ConnectionString, "PgBouncer", "Max Auto Prepare=0");
        await WhileOthersWork(pool.ConnectionString, () => IsRefused(pool.ConnectionString, "PgBouncer", "Max Auto Prepare=0"));

        await using var couch = await CouchProcess.Start(NodeSettings.Of(pool.ConnectionString + ";Max Auto Prepare=0"));
        for (var round = 0; round < 3; round++)
            await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => couch.Anyone.Invite()));
        var guest = await couch.Anyone.Arrive();
        (await couch.Anyone.Delete($"/couch/guests/{guest["guestId"]}")).Is(200);

        // The schema's lock is not left behind in a session of the pool's.
        await using var next = await CouchProcess.Start(
            NodeSettings.Of(pool.ConnectionString + ";Max Auto Prepare=0").And([new("COUCH_CLUSTER_ID", "next")]));
    }

    [Fact]
    public async Task Behind_a_pool_that_lends_sessions_for_good_a_couch_works_as_it_comes()
    {
        await using var server = await OwnPostgres.Start();
        await using var pool = await PgBouncer.Before(server, "session");
        await using var couch = await CouchProcess.Start(NodeSettings.Of(pool.ConnectionString + ";Maximum Pool Size=20"));
        for (var round = 0; round < 3; round++)
            await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => couch.Anyone.Invite()));
    }

    /// <summary>Other clients have the pool lend sessions all the time, so that no order of them can be relied on.</summary>
    private static async Task WhileOthersWork(string connection, Func<Task> happens)
    {
        using var over = new CancellationTokenSource();
        var others = Enumerable.Range(0, 6).Select(async _ =>
        {
            await using var other = new NpgsqlConnection(connection + ";Pooling=false;No Reset On Close=true");
            await other.OpenAsync();
            while (!over.IsCancellationRequested)
            {
                await using var command = new NpgsqlCommand("SELECT pg_sleep(0.005)", other);
                await command.ExecuteNonQueryAsync();
            }
        }).ToList();
        await happens();
        await over.CancelAsync();
        await Task.WhenAll(others);
    }

    private static async Task IsRefused(string connection, params string[] words)
    {
        var (exitCode, output) = await CouchProcess.RunToEnd(NodeSettings.Of(connection), "--urls", "http://127.0.0.1:0");
        Assert.True(exitCode is 1, $"{exitCode}: {output}");
        Assert.All(words, word => Assert.Contains(word, output, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private static string With(string connection, string searchPath) =>
        new NpgsqlConnectionStringBuilder(connection) { SearchPath = searchPath }.ConnectionString;
}
