using System.Data.Common;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Tests.Support;
using Orleans.Storage;
using Xunit;

namespace Couch.Tests.Storage;

public abstract class GrainRowTests(Engine engine)
{
    [Fact]
    public async Task A_row_reads_back_as_it_was_written()
    {
        await using var providers = await OrleansProviders.On(engine.Database);
        var guest = Some.Guest(ResourceLimits.Default with { MaxCpuCores = 0.1, MaxMemoryMB = 1e300, MaxTokenBudget = long.MaxValue }) with
        {
            Name = "Zoë \"quoted\" 🛋 \\ 客",
            ResourceUsage = new() { CpuSeconds = 1.0 / 3, TokensUsed = long.MaxValue, UptimeSeconds = 1e-9 },
        };

        await Write(providers, GrainKinds.Guest, guest.Id.Value, guest);

        var read = await Read<Guest>(providers, GrainKinds.Guest, guest.Id.Value);
        Assert.True(read.RecordExists);
        Assert.Equal(guest, read.State);
    }

    [Fact]
    public async Task A_row_that_is_not_there_does_not_exist()
    {
        await using var providers = await OrleansProviders.On(engine.Database);

        var read = await Read<Invite>(providers, GrainKinds.Invite, Some.Invite().Id.Value);

        Assert.False(read.RecordExists);
        Assert.Null(read.ETag);
    }

    [Fact]
    public async Task Of_many_first_writers_one_wins()
    {
        await using var providers = await OrleansProviders.On(engine.Database);
        for (var round = 0; round < 20; round++)
        {
            var invite = Some.Invite();
            var writers = Enumerable.Range(0, 16).Select(writer => invite with { Label = $"writer {writer}" }).ToArray();

            var won = await Task.WhenAll(
                writers.Select(mine => Task.Run(() => Wins(Write(providers, GrainKinds.Invite, invite.Id.Value, mine)))));

            var winner = Assert.Single(writers.Zip(won), pair => pair.Second).First;
            Assert.Equal(winner, (await Read<Invite>(providers, GrainKinds.Invite, invite.Id.Value)).State);
        }
    }

    [Fact]
    public async Task Of_many_writers_of_one_version_one_wins()
    {
        await using var providers = await OrleansProviders.On(engine.Database);
        var invite = Some.Invite();
        var id = invite.Id.Value;
        await Write(providers, GrainKinds.Invite, id, invite);
        var seen = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Read<Invite>(providers, GrainKinds.Invite, id)));

        var won = await Task.WhenAll(seen.Select((row, writer) => Task.Run(() =>
        {
            row.State = invite with { Label = $"writer {writer}" };
            return Wins(providers.Rows.WriteStateAsync(GrainKinds.Invite, GrainId.Create(GrainKinds.Invite, id), row));
        })));

        var winner = Assert.Single(seen.Zip(won), pair => pair.Second).First;
        Assert.Equal(winner!.State, (await Read<Invite>(providers, GrainKinds.Invite, id)).State);
        Assert.Equal("2", winner.ETag);
    }

    [Fact]
    public async Task A_lost_race_is_an_error_and_changes_nothing()
    {
        await using var providers = await OrleansProviders.On(engine.Database);
        var invite = Some.Invite();
        var grain = GrainId.Create(GrainKinds.Invite, invite.Id.Value);
        var first = await Write(providers, GrainKinds.Invite, invite.Id.Value, invite);
        var second = await Read<Invite>(providers, GrainKinds.Invite, invite.Id.Value);
        first.State = invite with { Label = "first" };
        await providers.Rows.WriteStateAsync(GrainKinds.Invite, grain, first);

        second.State = invite with { Label = "second" };
        await Assert.ThrowsAsync<InconsistentStateException>(() => providers.Rows.WriteStateAsync(GrainKinds.Invite, grain, second));
        await Assert.ThrowsAsync<InconsistentStateException>(() => providers.Rows.ClearStateAsync(GrainKinds.Invite, grain, second));

        Assert.Equal("first", (await Read<Invite>(providers, GrainKinds.Invite, invite.Id.Value)).State!.Label);
    }

    [Fact]
    public async Task The_same_id_in_two_kinds_is_two_rows()
    {
        await using var providers = await OrleansProviders.On(engine.Database);
        var guest = Some.Guest();
        var invite = Some.Invite();

        await Write(providers, GrainKinds.Guest, guest.Id.Value, guest);
        await Write(providers, GrainKinds.Invite, guest.Id.Value, invite);

        Assert.Equal(guest, (await Read<Guest>(providers, GrainKinds.Guest, guest.Id.Value)).State);
        Assert.Equal(invite, (await Read<Invite>(providers, GrainKinds.Invite, guest.Id.Value)).State);
    }

    [Fact]
    public async Task A_cleared_row_keeps_its_version_and_takes_a_new_state()
    {
        await using var providers = await OrleansProviders.On(engine.Database);
        var invite = Some.Invite();
        var grain = GrainId.Create(GrainKinds.Invite, invite.Id.Value);
        var row = await Write(providers, GrainKinds.Invite, invite.Id.Value, invite);

        await providers.Rows.ClearStateAsync(GrainKinds.Invite, grain, row);

        var cleared = await Read<Invite>(providers, GrainKinds.Invite, invite.Id.Value);
        Assert.False(cleared.RecordExists);
        Assert.Equal("2", cleared.ETag);
        cleared.State = invite;
        await providers.Rows.WriteStateAsync(GrainKinds.Invite, grain, cleared);
        Assert.Equal(invite, (await Read<Invite>(providers, GrainKinds.Invite, invite.Id.Value)).State);
    }

    [Fact]
    public async Task A_deleted_row_is_gone_and_a_late_writer_does_not_bring_it_back()
    {
        await using var providers = await OrleansProviders.On(engine.Database, deleteOnClear: true);
        var invite = Some.Invite();
        var grain = GrainId.Create(GrainKinds.Invite, invite.Id.Value);
        var row = await Write(providers, GrainKinds.Invite, invite.Id.Value, invite);
        var late = await Read<Invite>(providers, GrainKinds.Invite, invite.Id.Value);

        await providers.Rows.ClearStateAsync(GrainKinds.Invite, grain, row);

        await Assert.ThrowsAsync<InconsistentStateException>(() => providers.Rows.WriteStateAsync(GrainKinds.Invite, grain, late));
        Assert.False((await Read<Invite>(providers, GrainKinds.Invite, invite.Id.Value)).RecordExists);
    }

    private static async Task<bool> Wins(Task write)
    {
        try
        {
            await write;
            return true;
        }
        catch (InconsistentStateException)
        {
            return false;
        }
    }

    private static async Task<GrainState<T>> Write<T>(OrleansProviders providers, string kind, string id, T state)
    {
        var row = new GrainState<T>(state);
        await providers.Rows.WriteStateAsync(kind, GrainId.Create(kind, id), row);
        return row;
    }

    private static async Task<GrainState<T>> Read<T>(OrleansProviders providers, string kind, string id)
    {
        var row = new GrainState<T>();
        await providers.Rows.ReadStateAsync(kind, GrainId.Create(kind, id), row);
        return row;
    }
}

public sealed class GrainRowsOnPostgres(PostgresEngine engine) : GrainRowTests(engine), IClassFixture<PostgresEngine>
{
    private readonly PostgresEngine engine = engine;

    [Fact]
    public async Task Usage_counters_touch_no_index()
    {
        var guest = Some.Guest();
        await engine.Database.Put(GrainKinds.Guest, guest.Id.Value, guest);

        await using var connection = await engine.Database.Writes.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        var before = await Counted(connection);
        await using var update = connection.CreateCommand();
        update.CommandText =
            $$"""
            UPDATE grain_state SET version = version + 1, state = jsonb_set(state, '{resourceUsage,cpuSeconds}', '42')
            WHERE id = '{{guest.Id.Value}}'
            """;
        await update.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var after = await Counted(connection);

        Assert.Equal((1, 1), (after.Updates - before.Updates, after.InPlace - before.InPlace));
    }

    /// <summary>What this session has not reported yet: exact at once, where the server's own statistics come later.</summary>
    private static async Task<(long Updates, long InPlace)> Counted(DbConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'grain_state'";
        return Assert.Single(await command.Rows(row => (row.GetInt64(0), row.GetInt64(1)), TestContext.Current.CancellationToken));
    }
}

public sealed class GrainRowsOnSqlite(SqliteEngine engine) : GrainRowTests(engine), IClassFixture<SqliteEngine>;
