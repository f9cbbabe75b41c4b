using Couch.Cluster.Storage;
using Couch.Tests.Support;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>One writer at a time, in the order they came, and readers never behind them.</summary>
public sealed class SqliteSourceTests(SqliteEngine engine) : IClassFixture<SqliteEngine>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Writers_take_turns_in_the_order_they_came()
    {
        var database = engine.Database;
        var first = await database.Writes.OpenConnectionAsync(Cancel);
        var waiting = Enumerable.Range(0, 5).Select(_ => database.Writes.OpenConnectionAsync(Cancel).AsTask()).ToArray();
        Assert.All(waiting, wait => Assert.False(wait.IsCompleted));

        await first.DisposeAsync();
        for (var next = 0; next < waiting.Length; next++)
        {
            var mine = await waiting[next];
            Assert.All(waiting[(next + 1)..], wait => Assert.False(wait.IsCompleted));
            await mine.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_reader_does_not_wait_for_a_writer()
    {
        await using var writer = await engine.Database.Writes.OpenConnectionAsync(Cancel);
        await using var transaction = await writer.BeginTransactionAsync(Cancel);
        await using var write = writer.CreateCommand();
        write.CommandText = "INSERT INTO invite_key VALUES ('couch', 'k', 'b', 'i', 't')";
        await write.ExecuteNonQueryAsync(Cancel);

        await using var reader = await engine.Database.Reads.OpenConnectionAsync(Cancel);
        await using var read = reader.CreateCommand();
        read.CommandText = "SELECT count(*) FROM invite_key";

        Assert.Equal(0L, await read.ExecuteScalarAsync(Cancel));
    }

    [Fact]
    public async Task Closing_twice_gives_one_turn_back()
    {
        var twice = await engine.Database.Writes.OpenConnectionAsync(Cancel);
        await twice.CloseAsync();
        await twice.DisposeAsync();

        await using var one = await engine.Database.Writes.OpenConnectionAsync(Cancel);
        var another = engine.Database.Writes.OpenConnectionAsync(Cancel).AsTask();

        Assert.False(another.IsCompleted);
        await one.DisposeAsync();
        await (await another).DisposeAsync();
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_loses_only_its_own_turn()
    {
        using var enough = new CancellationTokenSource();
        var first = await engine.Database.Writes.OpenConnectionAsync(Cancel);
        var impatient = engine.Database.Writes.OpenConnectionAsync(enough.Token).AsTask();
        var patient = engine.Database.Writes.OpenConnectionAsync(Cancel).AsTask();

        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        await first.DisposeAsync();

        await (await patient).DisposeAsync();
    }

    [Fact]
    public void Connections_also_open_without_waiting_for_a_task()
    {
        using (engine.Database.Writes.OpenConnection()) { }
        using var connection = engine.Database.Writes.CreateConnection();
        connection.Open();

        Assert.IsType<SqliteConnection>(connection, exactMatch: false);
    }

    [Theory]
    [InlineData("journal_mode", "wal")]
    [InlineData("synchronous", "2")]
    [InlineData("busy_timeout", "5000")]
    public async Task A_writer_is_told_to_reach_the_disk_before_it_answers(string pragma, string expected) =>
        Assert.Equal([expected], await engine.Database.Rows($"PRAGMA {pragma}"));

    [Fact]
    public async Task A_reader_cannot_write()
    {
        await using var connection = await engine.Database.Reads.OpenConnectionAsync(Cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = "DELETE FROM invite_key";

        var refused = await Assert.ThrowsAsync<SqliteException>(() => command.ExecuteNonQueryAsync(Cancel));
        Assert.Equal(8, refused.SqliteErrorCode);
    }
}
