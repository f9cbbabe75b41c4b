using Couch.Cluster.Storage;
using Couch.Tests.Support;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>Readers never wait for the writer, and never write.</summary>
public sealed class SqliteSourceTests(SqliteEngine engine) : IClassFixture<SqliteEngine>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

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
