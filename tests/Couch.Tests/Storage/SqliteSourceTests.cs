using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Sqlite;
using Couch.Tests.Support;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>So many readers at once and no more, in the order they came, and never behind the writer.</summary>
public sealed class SqliteSourceTests(SqliteEngine engine) : IClassFixture<SqliteEngine>, IDisposable
{
    private readonly SqliteSource single = new($"Data Source={engine.Database.Where};Mode=ReadOnly", "PRAGMA query_only = ON", 1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => single.Dispose();

    [Fact]
    public async Task Readers_take_turns_in_the_order_they_came()
    {
        var first = await single.OpenConnectionAsync(Cancel);
        var waiting = Enumerable.Range(0, 5).Select(_ => single.OpenConnectionAsync(Cancel).AsTask()).ToArray();
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
        await using var writer = new SqliteConnection($"Data Source={engine.Database.Where};Pooling=False");
        await writer.OpenAsync(Cancel);
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
        var twice = await single.OpenConnectionAsync(Cancel);
        await twice.CloseAsync();
        await twice.DisposeAsync();

        await using var first = await single.OpenConnectionAsync(Cancel);
        var another = single.OpenConnectionAsync(Cancel).AsTask();

        Assert.False(another.IsCompleted);
        await first.DisposeAsync();
        await (await another).DisposeAsync();
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_loses_only_its_own_turn()
    {
        using var enough = new CancellationTokenSource();
        var first = await single.OpenConnectionAsync(Cancel);
        var impatient = single.OpenConnectionAsync(enough.Token).AsTask();
        var patient = single.OpenConnectionAsync(Cancel).AsTask();

        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        await first.DisposeAsync();

        await (await patient).DisposeAsync();
    }

    [Fact]
    public void Connections_also_open_without_waiting_for_a_task()
    {
        using (single.OpenConnection()) { }
        using var connection = single.CreateConnection();
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
