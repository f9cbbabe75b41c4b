using Couch.Cluster.Housekeeping;
using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Postgres;
using Couch.Cluster.Summary;
using Couch.Cluster.Vms;
using Couch.Domain.Text;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>A table that has seen years: every list and sweep still walks an index from one end.</summary>
public abstract class PlanTests(PlanTests.FullTable table)
{
    [Theory]
    [InlineData(null, false, false)]
    [InlineData(null, false, true)]
    [InlineData("redeemed", false, false)]
    [InlineData("redeemed", false, true)]
    [InlineData("active", true, false)]
    [InlineData("active", true, true)]
    public async Task A_page_is_walked_off_an_index_without_sorting(string? status, bool isOpen, bool hasCursor)
    {
        var (heavy, plan) = await table.Database.Plan(
            Listings.Query(status is not null, isOpen, isExpired: false, hasCursor), Page(status, isOpen, hasCursor));

        Assert.True(heavy is [], plan);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_page_of_the_expired_sorts_itself_and_what_is_overdue_and_no_more(bool hasCursor)
    {
        var (heavy, plan) = await table.Database.Plan(
            Listings.Query(hasStatus: true, isOpen: false, isExpired: true, hasCursor), Page("expired", true, hasCursor));

        Assert.DoesNotContain(heavy, step => step.Contains("scan", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("grain_state_by_status", plan, StringComparison.Ordinal);
        Assert.Contains("grain_state_open", plan, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rare", null, null, "grain_state_by_creator")]
    [InlineData(null, "rare", null, "grain_state_by_label")]
    [InlineData(null, null, "rare", "grain_state_by_name")]
    public async Task What_few_rows_say_is_found_by_an_index_of_its_own(string? createdBy, string? label, string? name, string index)
    {
        var filter = new RowFilter(createdBy, label, name);
        var kind = name is null ? GrainKinds.Invite : GrainKinds.Guest;
        var (_, plan) = await table.Database.Plan(
            Listings.Query(hasStatus: false, isOpen: false, isExpired: false, hasCursor: false, filter.Conditions(kind)),
            [("service", GrainKinds.Service), ("kind", kind), ("limit", 101), .. filter.Values]);

        Assert.Contains(index, plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("common", null)]
    [InlineData("rare", null)]
    [InlineData("common", "running")]
    public async Task Guests_of_an_invites_creator_are_found_without_reading_all_rows(string createdBy, string? status)
    {
        var filter = new RowFilter(createdBy);
        var (_, plan) = await table.Database.Plan(
            Listings.Query(status is not null, status is not null, isExpired: false, hasCursor: false, filter.Conditions(GrainKinds.Guest)),
            [
                ("service", GrainKinds.Service), ("kind", GrainKinds.Guest), ("limit", 101), .. filter.Values,
                .. status is null ? [] : new[] { ("status", (object)status), ("now", FullTable.Now.ToIso()) },
            ]);

        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("SCAN grain_state\n", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overdue_rows_are_walked_off_their_own_index()
    {
        var (heavy, plan) = await table.Database.Plan(
            HousekeepingRows.OverdueQuery, ("service", GrainKinds.Service), ("kind", GrainKinds.Invite),
            ("dueBefore", FullTable.Now.ToIso()), ("afterUntil", ""), ("afterId", ""), ("limit", 500));

        Assert.True(heavy is [], plan);
        Assert.Contains("grain_state_open", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_guests_are_looked_for_after_the_watermark_only()
    {
        var (heavy, plan) = await table.Database.Plan(
            HousekeepingRows.MissingQuery,
            ("service", GrainKinds.Service), ("invite", GrainKinds.Invite), ("guest", GrainKinds.Guest), ("after", FullTable.Id(99_000)),
            ("upTo", FullTable.Id(99_999)), ("limit", 500));

        Assert.True(heavy is [], plan);
        Assert.Contains("grain_state_redeemed", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stretch_of_spent_invites_is_walked_off_their_own_index()
    {
        var (heavy, plan) = await table.Database.Plan(
            HousekeepingRows.StretchQuery, ("service", GrainKinds.Service), ("kind", GrainKinds.Invite), ("after", FullTable.Id(10_000)),
            ("invites", 5_000));

        Assert.True(heavy is [], plan);
        Assert.Contains("grain_state_redeemed", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guests_with_vms_are_found_without_reading_history()
    {
        var (heavy, plan) = await table.Database.Plan(VmRows.OpenVmsQuery, ("service", GrainKinds.Service), ("kind", GrainKinds.Guest));

        Assert.True(heavy is [], plan);
        Assert.Contains("grain_state_vm", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Destroys_that_are_owed_are_counted_without_reading_history()
    {
        var (heavy, plan) = await table.Database.Plan(SummaryRows.DestroysQuery, ("service", GrainKinds.Service));

        Assert.True(heavy is [], plan);
        Assert.Contains("grain_state_vm", plan, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task The_invites_of_guests_are_found_by_the_guests_ids(int guests)
    {
        var (heavy, plan) = await table.Database.Plan(
            HousekeepingRows.RedeemedQuery(guests, new("common")),
            [
                ("service", GrainKinds.Service), ("kind", GrainKinds.Invite), ("createdBy", "common"),
                .. Enumerable.Range(0, guests).Select(number => ($"guest{number}", (object)FullTable.Id(90 * number))),
            ]);

        Assert.True(heavy is [], plan);
        Assert.Contains("grain_state_redeemed", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_rows_are_looked_through_off_the_primary_key()
    {
        var (heavy, plan) = await table.Database.Plan(
            HousekeepingRows.WalkQuery, ("service", GrainKinds.Service), ("afterKind", GrainKinds.Guest), ("afterId", FullTable.Id(50_000)),
            ("limit", 1000));

        Assert.True(heavy is [], plan);
    }

    [Theory]
    [InlineData(GrainKinds.Guest)]
    [InlineData(GrainKinds.Invite)]
    public async Task What_is_past_is_walked_off_its_own_index(string kind)
    {
        var (heavy, plan) = await table.Database.Plan(
            HousekeepingRows.PastQuery, ("service", GrainKinds.Service), ("kind", kind), ("moment", FullTable.Now.ToIso()), ("left", 0),
            ("limit", 500));

        Assert.True(heavy is [], plan);
        Assert.Contains("grain_state_past", plan, StringComparison.Ordinal);
    }

    private static (string, object)[] Page(string? status, bool hasNow, bool hasCursor)
    {
        List<(string, object)> parameters = [("service", GrainKinds.Service), ("kind", GrainKinds.Invite), ("limit", 101)];
        if (status is not null)
            parameters.Add(("status", status));
        if (hasNow)
            parameters.Add(("now", FullTable.Now.ToIso()));
        if (hasCursor)
            parameters.Add(("cursor", FullTable.Id(50_000)));
        return [.. parameters];
    }

    public abstract class FullTable(Engine engine) : IAsyncLifetime
    {
        public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
        public CouchDatabase Database => engine.Database;

        public static string Id(int number) => $"01M000000000000000000{number:D5}";

        public async ValueTask InitializeAsync()
        {
            await engine.InitializeAsync();
            // Most of 100,000 are history; the newest 500 are open, and none of those is overdue.
            var (numbers, id, json) = Database is PostgresDatabase
                ? ("SELECT n FROM generate_series(0, 99999) AS all_numbers(n)", "lpad(CAST(n AS text), 5, '0')", "jsonb")
                : ("WITH RECURSIVE all_numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM all_numbers WHERE n < 99999) SELECT n FROM "
                    + "all_numbers",
                    "printf('%05d', n)", "TEXT");
            await Fill(GrainKinds.Invite, $$$"""
                CASE WHEN n >= 99500 THEN '{"status":"active","createdBy":"common","expiresAt":"2026-11-24T12:00:00.000Z"}'
                  WHEN n % 2000 = 0 THEN '{"status":"expired","createdBy":"rare","label":"rare","expiresAt":"2026-01-01T00:00:00.000Z"}'
                  WHEN n % 2 = 0 THEN '{"status":"expired","createdBy":"common","expiresAt":"2026-01-01T00:00:00.000Z"}'
                  ELSE '{"status":"redeemed","createdBy":"common","expiresAt":"2026-01-01T00:00:00.000Z","redemption":{"guestId":"01M000000000000000000' || {{{id}}} || '"}}' END
                """);
            await Fill(GrainKinds.Guest, """
                CASE WHEN n >= 99500 THEN '{"status":"running","expiresAt":"2026-11-24T12:00:00.000Z","vm":{"host":"vers","state":"ready","id":"vm"}}'
                  WHEN n % 2000 = 0 THEN '{"status":"stopped","name":"Rare","expiresAt":"2026-01-01T00:00:00.000Z","stoppedAt":"2026-01-01T00:00:00.000Z"}'
                  ELSE '{"status":"stopped","name":"guest","expiresAt":"2026-01-01T00:00:00.000Z","stoppedAt":"2026-01-01T00:00:00.000Z"}' END
                """);
            if (Database is PostgresDatabase)
            {
                // Of all rows, and not of some that chance draws: a plan must not hang on those, nor on who analyzes when.
                await Database.Rows("ALTER TABLE grain_state ALTER COLUMN id SET STATISTICS 1000");
                await Database.Rows("ANALYZE grain_state");
            }

            async Task Fill(string kind, string state)
            {
                // A statement has its bound, and a busy machine its time.
                for (var from = 0; from < 100_000; from += 5_000)
                    await Database.Rows(
                        $"""
                        INSERT INTO grain_state (service, kind, id, version, state)
                        SELECT '{GrainKinds.Service}', '{kind}', '01M000000000000000000' || {id}, 1, CAST({state} AS {json})
                        FROM ({numbers}) AS numbers WHERE n >= {from} AND n < {from + 5_000}
                        """);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await engine.DisposeAsync();
            GC.SuppressFinalize(this);
        }
    }
}

public sealed class PostgresTable() : PlanTests.FullTable(new PostgresEngine());

public sealed class SqliteTable() : PlanTests.FullTable(new SqliteEngine());

public sealed class PlansOnPostgres(PostgresTable table) : PlanTests(table), IClassFixture<PostgresTable>;

public sealed class PlansOnSqlite(SqliteTable table) : PlanTests(table), IClassFixture<SqliteTable>;
