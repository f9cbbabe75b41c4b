using System.Net;
using System.Net.Sockets;
using Couch.Cluster.Configuration;
using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Postgres;
using Couch.Tests.Support;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace Couch.Tests.Storage;

public sealed class PostgresDatabaseTests
{
    private const string Secret = "s3cr3t";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Host=db;Password=" + Secret, null)]
    [InlineData("Database=couch;Password=" + Secret, "names no Host")]
    [InlineData("Host=db;Port=" + Secret, "is not a PostgreSQL connection string")]
    [InlineData(Secret, "is not a PostgreSQL connection string")]
    [InlineData("postgres://couch:" + Secret + "@db/couch", "not as a URL")]
    public void An_unusable_connection_string_is_explained_without_its_secrets(string connectionString, string? why)
    {
        var said = PostgresDatabase.WhyUnusable(connectionString);

        if (why is null)
            Assert.Null(said);
        else
            Assert.Contains(why, said, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, said ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_it_is_names_host_port_and_database_only()
    {
        await using var database = new PostgresDatabase($"Host=db;Port=6432;Database=couch;Username=guest;Password={Secret}", 4);

        Assert.Equal("PostgreSQL at db:6432/couch", database.Where);
    }

    [Fact]
    public async Task What_the_connection_string_says_stays_and_the_rest_is_filled_in()
    {
        await using var silent = new PostgresDatabase("Host=db", 7);
        await using var talkative = new PostgresDatabase(
            "Host=db;MaxPoolSize=3;Max Auto Prepare=0;Timeout=1;CommandTimeout=2;ApplicationName=mine", 7);

        var filled = new NpgsqlConnectionStringBuilder(silent.Writes.ConnectionString);
        Assert.Equal((7, 64, 5, 6, "couch"), (filled.MaxPoolSize, filled.MaxAutoPrepare, filled.Timeout, filled.CommandTimeout,
            filled.ApplicationName));
        var kept = new NpgsqlConnectionStringBuilder(talkative.Writes.ConnectionString);
        Assert.Equal(
            (3, 0, 1, 2, "mine"), (kept.MaxPoolSize, kept.MaxAutoPrepare, kept.Timeout, kept.CommandTimeout, kept.ApplicationName));
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_waited_for_and_then_named()
    {
        var clock = new FakeTimeProvider();
        await using var database = new PostgresDatabase(
            $"Host=127.0.0.1;Port={ClosedPort()};Database=couch;Username=guest;Password={Secret}", 4, clock);

        var upgrade = database.Upgrade(Cancel);
        var attempts = 0;
        while (!upgrade.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            attempts++;
            await Task.Yield();
        }

        var refusal = await Assert.ThrowsAsync<SettingsException>(() => upgrade);
        Assert.Contains($"{database.Where} cannot be reached", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("gave up after 30 s", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, refusal.Message, StringComparison.Ordinal);
        Assert.InRange(attempts, 30, int.MaxValue);
    }

    [Fact]
    public async Task A_database_that_does_not_exist_is_refused_at_once()
    {
        var connection = new NpgsqlConnectionStringBuilder(PostgresServer.ConnectionString) { Database = "nowhere" };
        await using var database = new PostgresDatabase(connection.ConnectionString, 4, new FakeTimeProvider());

        var refusal = await Assert.ThrowsAsync<SettingsException>(() => database.Upgrade(Cancel));

        Assert.Contains($"{database.Where} has no such database", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_cannot_be_reached_is_not_ready_and_unavailable()
    {
        await using var database = new PostgresDatabase($"Host=127.0.0.1;Port={ClosedPort()};Database=couch", 4);

        Assert.Contains("cannot be reached", await database.WhyNotReady(Cancel), StringComparison.Ordinal);
        var failure = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => new Listings(database).Invites(null, 1, null, Some.Time, Cancel));
        Assert.Contains("cannot be reached", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_hangs_is_told_of_before_a_balancer_loses_patience()
    {
        // Takes connections and never says a word.
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        await using var database = new PostgresDatabase($"Host=127.0.0.1;Port={((IPEndPoint)mute.LocalEndpoint).Port};Database=couch", 4);

        Assert.Contains("does not answer within 500 ms", await database.WhyNotReady(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_hangs_over_a_statement_is_told_of_without_waiting_for_the_driver_to_give_up()
    {
        await using var proxy = TcpProxy.Before(PostgresServer.ConnectionString + ";Timeout=60;Command Timeout=60", out var through);
        await using var database = new PostgresDatabase(through, 4);
        await using (var connection = await database.Reads.OpenConnectionAsync(Cancel))
            proxy.Hang();

        Assert.Contains("does not answer", await database.WhyNotReady(Cancel).WaitAsync(Bound, Cancel), StringComparison.Ordinal);
        proxy.Heal();
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_is_unavailable()
    {
        await using var database = new PostgresDatabase(PostgresServer.ConnectionString + ";Command Timeout=1", 4);

        var failure = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => database.Guard(() => database.Rows("SELECT pg_sleep(20)")));

        Assert.Equal($"{database.Where} did not answer in time", failure.Message);
    }

    [Fact]
    public async Task A_statement_that_is_given_up_ends_at_the_server_and_its_connection_is_used_by_nobody_again()
    {
        await using var database = new PostgresDatabase(PostgresServer.ConnectionString + ";Command Timeout=1;Maximum Pool Size=1", 4);
        var before = await Session(database);

        await using (var connection = await database.Writes.OpenConnectionAsync(Cancel))
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT pg_sleep(20)";
            var failure = await Assert.ThrowsAsync<NpgsqlException>(() => command.ExecuteNonQueryAsync(Cancel));
            Assert.IsType<TimeoutException>(failure.InnerException);
        }

        Assert.NotEqual(before, await Session(database));
        await Until.True(
            async () => (await database.Rows($"SELECT count(*) FROM pg_stat_activity WHERE pid = {before}")).Single() is "0", Bound,
            "the server has ended the session");
    }

    [Fact]
    public async Task A_connection_that_did_not_come_free_in_time_is_said_and_costs_nobody_those_that_are_in_use()
    {
        await using var database = new PostgresDatabase(PostgresServer.ConnectionString + ";Timeout=1;Maximum Pool Size=1", 4);
        object? before;
        await using (var held = await database.Writes.OpenConnectionAsync(Cancel))
        {
            before = ((NpgsqlConnection)held).ProcessID;
            var failure = await Assert.ThrowsAsync<StorageUnavailableException>(() => database.Guard(() => database.Rows("SELECT 1")));
            Assert.Contains("COUCH_DB_CONNECTIONS", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, await Session(database));
    }

    [Fact]
    public async Task A_read_only_server_is_told()
    {
        await using var empty = await PostgresServer.NewDatabase();
        await using var database = new PostgresDatabase(empty.ConnectionString + ";Options=-c default_transaction_read_only=on", 4);

        var refusal = await Assert.ThrowsAsync<SettingsException>(() => database.Upgrade(Cancel));

        Assert.Contains("it is read-only", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<object?> Session(PostgresDatabase database)
    {
        await using var connection = await database.Writes.OpenConnectionAsync(Cancel);
        return ((NpgsqlConnection)connection).ProcessID;
    }

    private static int ClosedPort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
