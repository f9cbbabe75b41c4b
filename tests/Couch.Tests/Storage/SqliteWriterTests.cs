using System.Buffers.Binary;
using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Sqlite;
using Couch.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>
/// One writer, one commit for all who wait. Each claim keeps the writer at its first statement, by holding the file's
/// lock from outside, until the others stand in line: then they run together.
/// </summary>
public sealed class SqliteWriterTests : IDisposable
{
    private const string Insert = "INSERT INTO written (id, name) VALUES (@id, @name) RETURNING name";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder folder = new();
    private readonly FakeTimeProvider clock = new();
    private readonly SqliteWriter writer;
    private readonly WriterSource source;

    public SqliteWriterTests()
    {
        var connectionString = $"Data Source={File};Pooling=False;Default Timeout=1";
        OutsideTheWriter(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE parent (id INTEGER PRIMARY KEY);
            CREATE TABLE written (
              id INTEGER PRIMARY KEY, name TEXT UNIQUE, parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
            """);
        writer = new SqliteWriter(connectionString, "PRAGMA busy_timeout = 1000", clock);
        source = new WriterSource(writer, connectionString);
    }

    private string File => folder["couch.db"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        source.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Whoever_waits_is_committed_together_and_told_after_that()
    {
        using var held = Hold();
        var writes = Enumerable.Range(0, 20).Select(id => Write(id, $"{id}")).ToList();
        var before = Commits();
        Assert.DoesNotContain(writes, write => write.IsCompleted);

        held.Release();

        Assert.Equal(Enumerable.Range(0, 20).Select(id => $"{id}"), (await Task.WhenAll(writes)).Select(rows => Assert.Single(rows)));
        Assert.Equal(20, Written().Count);
        Assert.Equal(1, Commits() - before);
    }

    [Fact]
    public async Task Statements_run_in_the_order_in_which_they_came()
    {
        using var held = Hold();
        var writes = Enumerable.Range(0, 20).Select(_ => Query("INSERT INTO written (name) SELECT count(*) FROM written RETURNING name"))
            .ToList();
        held.Release();

        Assert.Equal(Enumerable.Range(0, 20).Select(id => $"{id}"), (await Task.WhenAll(writes)).Select(rows => Assert.Single(rows)));
    }

    [Fact]
    public async Task A_statement_that_is_refused_takes_nobody_with_it()
    {
        using var held = Hold();
        var first = Write(1, "same");
        var refused = Query("INSERT INTO written (id, name) VALUES (2, 'other'), (3, 'same')");
        var senseless = Query("INSERT INTO nowhere VALUES (1)");
        var without = Query("INSERT INTO written (id, name) VALUES (4, @missing)");
        var last = Write(5, "last");
        held.Release();

        await first;
        await last;
        Assert.Equal(19, (await Assert.ThrowsAsync<SqliteException>(() => refused)).SqliteErrorCode);
        await Assert.ThrowsAsync<SqliteException>(() => senseless);
        await Assert.ThrowsAsync<InvalidOperationException>(() => without);
        Assert.Equal([1, 5], Written());
    }

    [Fact]
    public async Task A_text_of_two_statements_whose_second_fails_leaves_nothing_of_the_first()
    {
        using var held = Hold();
        var before = Write(1, "before");
        var halved = Query("INSERT INTO written (id, name) VALUES (2, 'half') RETURNING name; SELECT json('no JSON')");
        held.Release();

        await Assert.ThrowsAsync<SqliteException>(() => halved);
        // Undone with it, and told so: its caller reads again.
        await Assert.ThrowsAsync<SqliteException>(() => before);
        Assert.Empty(Written());
        await Write(1, "before");
    }

    [Fact]
    public async Task A_refused_statement_can_be_sent_again()
    {
        await Write(1, "same");
        await Assert.ThrowsAsync<SqliteException>(() => Write(2, "same"));

        Assert.Equal(["other"], await Write(2, "other"));
    }

    [Fact]
    public async Task A_commit_that_fails_is_told_to_all_who_were_in_it_and_leaves_nothing()
    {
        using var held = Hold();
        var writes = Enumerable.Range(0, 10).Select(id => Write(id, $"{id}")).ToList();
        // Nothing is wrong with it until the commit.
        var orphan = Query("INSERT INTO written (id, name, parent) VALUES (10, 'orphan', 42)");
        held.Release();

        await Assert.ThrowsAsync<SqliteException>(() => orphan);
        foreach (var write in writes)
            await Assert.ThrowsAsync<SqliteException>(() => write);
        Assert.Empty(Written());

        await Write(1, "afterwards");
        Assert.Equal([1], Written());
    }

    [Fact]
    public async Task Whoever_gives_up_in_line_is_never_written()
    {
        using var enough = new CancellationTokenSource();
        using var held = Hold();
        var first = Write(1, "first");
        await Until.True(() => Task.FromResult(writer.InLine is 0), Bound, "the first has begun");
        var impatient = Write(2, "impatient", enough.Token);
        var patient = Write(3, "patient");

        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        held.Release();

        await first;
        await patient;
        Assert.Equal([1, 3], Written());
    }

    [Fact]
    public async Task Whoever_has_begun_is_told_how_it_ended_however_long_that_takes()
    {
        using var held = Hold();
        var begun = Write(1, "begun");
        await Until.True(() => Task.FromResult(writer.InLine is 0), Bound, "the first has begun");

        clock.Advance(SqliteWriter.LongestWait);
        held.Release();

        Assert.Equal(["begun"], await begun);
    }

    [Fact]
    public async Task A_line_that_does_not_move_is_told_and_what_stood_in_it_is_not_written()
    {
        using var held = Hold();
        var first = Write(1, "first");
        await Until.True(() => Task.FromResult(writer.InLine is 0), Bound, "the first has begun");
        var late = Write(2, "late");

        clock.Advance(SqliteWriter.LongestWait);
        await Assert.ThrowsAsync<TimeoutException>(() => late);
        held.Release();

        await first;
        Assert.Equal([1], Written());
    }

    [Fact]
    public async Task A_lock_held_from_outside_for_too_long_is_an_error_and_no_more()
    {
        using (Hold())
            Assert.Equal(5, (await Assert.ThrowsAsync<SqliteException>(() => Write(1, "first"))).SqliteErrorCode);

        Assert.Equal(["second"], await Write(1, "second"));
    }

    [Fact]
    public async Task What_waits_when_the_database_is_closed_is_written_first()
    {
        using var held = Hold();
        var writes = Enumerable.Range(0, 20).Select(id => Write(id, $"{id}")).ToList();
        var closing = Task.Run(() => source.Dispose(), Cancel);
        held.Release();

        await Task.WhenAll(writes);
        await closing;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Write(21, "too late"));
        Assert.Equal(20, Written().Count);
    }

    [Fact]
    public async Task Commands_also_run_without_a_task()
    {
        using var connection = source.OpenConnection();
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO written (id, name) VALUES (1, 'one'), (2, 'two')";
        Assert.Equal(2, command.ExecuteNonQuery());
        command.CommandText = "SELECT count(*) FROM written";
        Assert.Equal(2L, command.ExecuteScalar());
        Assert.Equal(2L, await command.ExecuteScalarAsync(Cancel));
        command.CommandText = "SELECT id, name, NULL AS absent, x'0102' AS bytes, '2026-11-23 21:03:11.5' AS moment FROM written ORDER BY "
            + "id";

        using var rows = command.ExecuteReader();

        Assert.True(rows.Read());
        Assert.Equal((1, 1L, true, "1"), (rows.GetInt32(0), rows.GetInt64(0), rows.GetBoolean(0), rows.GetString(0)));
        Assert.Equal("one", rows["name"]);
        Assert.True(rows.IsDBNull(rows.GetOrdinal("absent")));
        Assert.Equal([1, 2], Assert.IsType<byte[]>(rows["bytes"]));
        Assert.Equal(new DateTime(2026, 11, 23, 21, 3, 11, 500), rows.GetDateTime(4));
        Assert.True(rows.Read());
        Assert.False(rows.Read());
        Assert.False(rows.NextResult());
    }

    [Fact]
    public async Task A_transaction_over_several_commands_is_refused()
    {
        await using var connection = await source.OpenConnectionAsync(Cancel);

        Assert.Throws<NotSupportedException>(() => connection.BeginTransaction());
    }

    private Task<List<string>> Write(int id, string name, CancellationToken? cancel = null) =>
        Query(Insert, cancel, ("id", id), ("name", name));

    private async Task<List<string>> Query(string text, CancellationToken? cancel = null, params (string Name, object Value)[] values)
    {
        await using var connection = await source.OpenConnectionAsync(Cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var (name, value) in values)
            command.Add(name, value);
        return await command.Rows(row => row.GetString(0), cancel ?? Cancel);
    }


    private Lock Hold() => new(OpenOutside());

    /// <summary>What is on the disk, as anybody else reads it.</summary>
    private List<long> Written()
    {
        using var connection = OpenOutside();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id FROM written ORDER BY id";
        using var reader = command.ExecuteReader();
        List<long> ids = [];
        while (reader.Read())
            ids.Add(reader.GetInt64(0));
        return ids;
    }

    /// <summary>How many commits the write-ahead log has: its format marks each one's last page.</summary>
    private int Commits()
    {
        using var file = new FileStream(File + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var log = new byte[file.Length];
        file.ReadExactly(log);
        const int header = 32, pageHeader = 24;
        if (log.Length < header)
            return 0;
        var page = pageHeader + BinaryPrimitives.ReadInt32BigEndian(log.AsSpan(8));
        return Enumerable.Range(0, (log.Length - header) / page).Count(
            number => BinaryPrimitives.ReadInt32BigEndian(log.AsSpan(header + number * page + 4)) > 0);
    }

    private SqliteConnection OpenOutside()
    {
        var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        return connection;
    }

    private void OutsideTheWriter(string text)
    {
        using var connection = OpenOutside();
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    /// <summary>The file's one lock for writing.</summary>
    private sealed class Lock : IDisposable
    {
        private readonly SqliteConnection connection;
        private readonly SqliteTransaction transaction;

        public Lock(SqliteConnection connection) => (this.connection, transaction) = (connection, connection.BeginTransaction());

        public void Release()
        {
            transaction.Rollback();
        }

        public void Dispose()
        {
            transaction.Dispose();
            connection.Dispose();
        }
    }
}
