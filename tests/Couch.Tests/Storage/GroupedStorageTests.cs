using System.Data.Common;
using System.Globalization;
using System.Text.Json.Nodes;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Tests.Support;
using Npgsql;
using Orleans.Storage;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>
/// On PostgreSQL, rows that wait are read and written together. Two rows that a session of the test has locked take both lanes for a
/// moment, so that what comes meanwhile makes a group.
/// </summary>
public sealed class GroupedStorageTests(PostgresEngine engine) : IClassFixture<PostgresEngine>, IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private readonly List<Row> blockers = [];
    private OrleansProviders providers = null!;
    private DbConnection locker = null!;
    private DbTransaction? locked;

    public async ValueTask InitializeAsync()
    {
        providers = await OrleansProviders.On(engine.Database);
        locker = await engine.Database.Writes.OpenConnectionAsync(TestContext.Current.CancellationToken);
        blockers.AddRange([new(), new()]);
        foreach (var blocker in blockers)
            await Write(blocker);
    }

    public async ValueTask DisposeAsync()
    {
        await Unlock();
        await locker.DisposeAsync();
        await providers.DisposeAsync();
    }

    [Fact]
    public async Task What_waits_is_committed_at_once_each_row_with_its_events_in_their_order()
    {
        var old = await Written(10);
        var young = Rows(10);
        string Names(int row) => string.Join(',', Enumerable.Range(0, row % 3).Select(turn => $"{row}.{turn}"));
        Row[] all = [.. old.Concat(young)];

        await Together(all, row => Write(row, Names(Array.IndexOf(all, row)).Split(',', StringSplitOptions.RemoveEmptyEntries)));

        Assert.Equal("1", Assert.Single(await engine.Database.Rows(
            $"SELECT count(DISTINCT CAST(xmin AS text)) FROM grain_state WHERE id IN ({Ids(all)})")));
        Assert.All(old, row => Assert.Equal("2", row.State.ETag));
        Assert.All(young, row => Assert.Equal(("1", true), (row.State.ETag, row.State.RecordExists)));
        foreach (var (number, row) in all.Index())
        {
            Assert.Equal(Names(number), string.Join(',', await EventsOf(row)));
            await MustBeAsWritten(row);
        }
    }

    [Fact]
    public async Task One_that_has_lost_its_race_is_told_so_and_takes_no_other_with_it()
    {
        var all = await Written(6);
        var beaten = all[2];
        var late = new Row { Guest = beaten.Guest, State = new(beaten.State.State, beaten.State.ETag) { RecordExists = true } };
        await Write(beaten);
        var second = new Row { Guest = all[4].Guest };

        var outcomes = await Outcomes([.. all.Except([beaten]), late, second], row => Write(row, ["event"]));

        Assert.All(outcomes[..^2], Assert.Null);
        Assert.All(outcomes[^2..], failure => Assert.IsType<InconsistentStateException>(failure));
        Assert.Empty(await EventsOf(late));
        Assert.Single(await EventsOf(all[4]));
        await MustBeAsWritten(beaten);
    }

    [Fact]
    public async Task A_row_that_is_locked_waits_for_its_lock_alone()
    {
        var all = await Written(6);
        await Lock([.. blockers, all[3]]);
        var held = blockers.Append(all[3]).Select(row => Write(row)).ToList();

        await Task.WhenAll(all.Except([all[3]]).Select(row => Write(row))).WaitAsync(Bound);

        Assert.DoesNotContain(held, one => one.IsCompleted);
        await Unlock();
        await Task.WhenAll(held).WaitAsync(Bound);
        Assert.All(all, row => Assert.Equal("2", row.State.ETag));
    }

    [Fact]
    public async Task A_state_that_the_server_refuses_is_refused_alone()
    {
        var all = await Written(6);
        var wrong = all[1];
        wrong.Guest = wrong.Guest with { Name = "nul \0 in it" };

        var outcomes = await Outcomes(all, row => Write(row, ["event"]));

        Assert.Equal([false, true, false, false, false, false], outcomes.Select(failure => failure is not null));
        Assert.IsType<PostgresException>(outcomes[1]);
        Assert.Empty(await EventsOf(wrong));
        foreach (var row in all.Except([wrong]))
        {
            await MustBeAsWritten(row);
            Assert.Single(await EventsOf(row));
        }
    }

    [Fact]
    public async Task While_another_session_has_the_whole_table_none_is_lost_and_none_is_written_twice()
    {
        var all = await Written(6);
        await Lock(blockers);
        await Sql("LOCK TABLE event_unnumbered IN EXCLUSIVE MODE");
        var writes = blockers.Select(row => Write(row)).Concat(all.Select(row => Write(row, ["event"]))).ToList();
        await Until.True(
            async () => int.Parse(Assert.Single(await engine.Database.Rows(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")),
                CultureInfo.InvariantCulture) > blockers.Count,
            Bound, "more than the two that hold the lanes wait for a lock");

        await Unlock();
        await Task.WhenAll(writes).WaitAsync(Bound);

        foreach (var row in all)
        {
            Assert.Equal("2", row.State.ETag);
            Assert.Single(await EventsOf(row));
        }
    }

    [Fact]
    public async Task What_waits_is_read_together_and_rows_that_are_not_there_are_told_apart()
    {
        var all = await Written(6);
        var cleared = all[0];
        await providers.Rows.ClearStateAsync(GrainKinds.Guest, cleared.Id, cleared.State);
        var absent = new Row();
        Row[] read = [.. all.Select(row => new Row { Guest = row.Guest }), absent];

        // Reads wait for no row's lock; that of the table holds up even them.
        await Sql("LOCK TABLE grain_state IN ACCESS EXCLUSIVE MODE");
        var reads = blockers.Select(row => new Row { Guest = row.Guest }).Concat(read)
            .Select(row => providers.Rows.ReadStateAsync(GrainKinds.Guest, row.Id, row.State)).ToList();
        await Unlock();
        await Task.WhenAll(reads).WaitAsync(Bound);

        Assert.Equal([false, true, true, true, true, true, false], read.Select(row => row.State.RecordExists));
        Assert.Equal(["2", "1", "1", "1", "1", "1", null], read.Select(row => row.State.ETag));
        Assert.Equal(all[1..].Select(row => row.Guest), read[1..^1].Select(row => row.State.State!.State!));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_are_looked_up_by_their_keys_by_a_plan_that_was_made_while_the_table_was_small(bool isEmpty)
    {
        var rows = string.Join(", ", (await Written(20)).Select(row => $"'{row.Guest.Id}'"));
        string Calls(int version) => $"""
            SELECT count(*) FROM couch_read_rows('couch', array_fill('guest'::text, ARRAY[20]), ARRAY[{rows}]);
            SELECT count(*) FROM couch_write_rows('couch', array_fill('guest'::text, ARRAY[20]), ARRAY[{rows}],
                array_fill({version}, ARRAY[20]), array_fill(convert_to('null', 'UTF8'), ARRAY[20]));
            """;
        // As a table that retention has emptied.
        if (isEmpty)
            await Sql("""
                CREATE TEMP TABLE kept AS SELECT service, kind, id, version, state FROM grain_state;
                DELETE FROM grain_state;
                ANALYZE grain_state;
                INSERT INTO grain_state (service, kind, id, version, state) SELECT * FROM kept
                """);
        else
            await Sql("ANALYZE grain_state");
        for (var version = 1; version <= 10; version++)
            await Sql(Calls(version));
        await Sql("""
            INSERT INTO grain_state (service, kind, id, version, state)
            SELECT 'couch', 'guest', '01M0000000000000000000' || lpad(CAST(n AS text), 4, '0'), 1, '{}' FROM generate_series(0, 4999) AS n
            """);
        var before = await Read();

        await Sql(Calls(11));

        var after = await Read();
        Assert.Equal(before.Scans, after.Scans);
        Assert.InRange(after.Rows - before.Rows, 40, 400);

        async Task<(long Scans, long Rows)> Read()
        {
            await using var command = locker.CreateCommand();
            command.CommandText =
                """
                SELECT seq_scan + (SELECT sum(pg_stat_get_xact_numscans(indexrelid)) FROM pg_index
                    WHERE indrelid = 'grain_state'::regclass AND NOT indisprimary),
                  coalesce(seq_tup_read, 0) + idx_tup_fetch
                FROM pg_stat_xact_user_tables WHERE relname = 'grain_state'
                """;
            return Assert.Single(await command.Rows(
                row => ((long)row.GetDecimal(0), row.GetInt64(1)), TestContext.Current.CancellationToken));
        }
    }

    /// <summary>Has both lanes taken while these begin.</summary>
    private async Task Together(IEnumerable<Row> rows, Func<Row, Task> write)
    {
        await Lock(blockers);
        var held = blockers.Select(row => Write(row)).ToList();
        await Task.WhenAll(rows.Select(write)).WaitAsync(Bound);
        await Unlock();
        await Task.WhenAll(held).WaitAsync(Bound);
    }

    private async Task<List<Exception?>> Outcomes(IReadOnlyList<Row> rows, Func<Row, Task> write)
    {
        var outcomes = new Exception?[rows.Count];
        await Together(rows, async row =>
        {
            try
            {
                await write(row);
            }
            catch (Exception failure)
            {
                outcomes[rows.Index().First(one => one.Item == row).Index] = failure;
            }
        });
        return [.. outcomes];
    }

    private Task Write(Row row, IEnumerable<string>? events = null)
    {
        var lines = events?.Select(name => (JsonNode)new JsonObject
        {
            ["at"] = "2026-11-29T12:00:00.000Z", ["type"] = "couch.test", ["guest"] = row.Guest.Id.Value, ["record"] = name,
        }).ToArray();
        row.State.State = Stored<Guest>.Of(row.Guest, null, lines is [_, ..] ? new JsonArray(lines) : null);
        return providers.Rows.WriteStateAsync(GrainKinds.Guest, row.Id, row.State);
    }

    private static List<Row> Rows(int count) => [.. Enumerable.Range(0, count).Select(_ => new Row())];

    private async Task<List<Row>> Written(int count)
    {
        var rows = Rows(count);
        foreach (var row in rows)
            await Write(row);
        return rows;
    }

    private async Task MustBeAsWritten(Row row)
    {
        var read = new GrainState<Stored<Guest>>();
        await providers.Rows.ReadStateAsync(GrainKinds.Guest, row.Id, read);
        Assert.Equal((row.State.ETag, row.Guest), (read.ETag, read.State!.State));
    }

    private Task<List<string>> EventsOf(Row row) =>
        engine.Database.Rows($"SELECT record FROM event_unnumbered WHERE guest = '{row.Guest.Id}' ORDER BY drawn");

    private Task Lock(IReadOnlyList<Row> rows) => Sql($"SELECT 1 FROM grain_state WHERE id IN ({Ids(rows)}) FOR UPDATE");

    private async Task Sql(string statement)
    {
        locked ??= await locker.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var command = locker.CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private async Task Unlock()
    {
        if (locked is not null)
            await locked.DisposeAsync();
        locked = null;
    }

    private static string Ids(IEnumerable<Row> rows) => string.Join(", ", rows.Select(row => $"'{row.Guest.Id}'"));

    private sealed class Row
    {
        public Guest Guest { get; set; } = Some.Guest();

        public GrainState<Stored<Guest>> State { get; init; } = new();

        public GrainId Id => GrainId.Create(GrainKinds.Guest, Guest.Id.Value);
    }
}
