using Couch.Cluster.Storage;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>A database of the first minutes: nothing has counted its rows yet, and a plan made now is kept.</summary>
public abstract class YoungDatabaseTests(Engine engine)
{
    [Theory]
    [InlineData("ReadFromStorageKey")]
    [InlineData("WriteToStorageKey")]
    public async Task A_row_is_found_by_its_key_before_anybody_has_counted_the_rows(string key)
    {
        var statement = (await engine.Database.Rows($"SELECT QueryText FROM OrleansQuery WHERE QueryKey = '{key}'")).Single();

        var (heavy, plan) = await engine.Database.Plan(
            statement,
            ("ServiceId", GrainKinds.Service), ("GrainTypeString", GrainKinds.Invite),
            ("GrainIdExtensionString", "01M00000000000000000000001"),
            ("GrainStateVersion", 1), ("PayloadBinary", "{}"u8.ToArray()));

        Assert.True(heavy is [], plan);
        Assert.DoesNotContain("grain_state_by_status", plan, StringComparison.Ordinal);
    }
}

public sealed class YoungPostgres(PostgresEngine engine) : YoungDatabaseTests(engine), IClassFixture<PostgresEngine>
{
    private readonly PostgresEngine engine = engine;

    /// <summary>A plan does not show what a function runs. The server counts the scans of each index and table in a transaction.</summary>
    [Fact]
    public async Task The_function_that_writes_a_row_finds_it_by_its_key()
    {
        var scanned = await engine.Database.Rows(
            $$"""
            DO $$ BEGIN
              PERFORM couch_write_row('{{GrainKinds.Service}}', '{{GrainKinds.Invite}}', '01M00000000000000000000001', 1, '{}');
            END $$;
            SELECT relname FROM pg_class WHERE starts_with(relname, 'grain_state') AND pg_stat_get_xact_numscans(oid) > 0
            """);

        Assert.Equal(["grain_state_pkey"], scanned);
    }
}

public sealed class YoungSqlite(SqliteEngine engine) : YoungDatabaseTests(engine), IClassFixture<SqliteEngine>;
