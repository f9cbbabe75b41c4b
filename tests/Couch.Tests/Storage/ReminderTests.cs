using System.Text.Json.Nodes;
using Couch.Cluster.Storage;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Storage;

public abstract class ReminderTests(Engine engine)
{
    private static readonly DateTime Soon = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(5);

    [Fact]
    public async Task A_reminder_reads_back_as_it_was_written()
    {
        await using var providers = await OrleansProviders.On(engine.Database);
        var grain = Grain();

        var etag = await Upsert(providers, grain, "next", Soon);

        var read = await providers.Reminders.ReadRow(grain, "next", Cancel);
        Assert.Equal(grain, read!.GrainId);
        Assert.Equal("next", read.ReminderName);
        Assert.Equal(TimeSpan.FromMinutes(1), read.Period);
        Assert.Equal(etag, read.ETag);
        Assert.Equal(DateTimeKind.Utc, read.StartAt.Kind);
        Assert.Equal(Soon, read.StartAt, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task A_reminder_written_again_moves_and_has_a_new_version()
    {
        await using var providers = await OrleansProviders.On(engine.Database);
        var grain = Grain();
        var first = await Upsert(providers, grain, "next", Soon);

        var second = await Upsert(providers, grain, "next", Soon.AddMinutes(1));

        Assert.NotEqual(first, second);
        var rows = await providers.Reminders.ReadRows(grain, Cancel);
        Assert.Equal(Soon.AddMinutes(1), Assert.Single(rows.Reminders).StartAt, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task Only_the_version_that_is_there_can_be_removed()
    {
        await using var providers = await OrleansProviders.On(engine.Database);
        var grain = Grain();
        var stale = await Upsert(providers, grain, "next", Soon);
        var current = await Upsert(providers, grain, "next", Soon);

        Assert.False(await providers.Reminders.RemoveRow(grain, "next", stale, Cancel));
        Assert.True(await providers.Reminders.RemoveRow(grain, "next", current, Cancel));
        Assert.False(await providers.Reminders.RemoveRow(grain, "next", current, Cancel));
        Assert.Null(await providers.Reminders.ReadRow(grain, "next", Cancel));
    }

    [Fact]
    public async Task Every_reminder_is_in_one_part_of_the_ring_and_only_there()
    {
        await using var database = await engine.OpenEmpty();
        await database.Upgrade(Cancel);
        await using var providers = await OrleansProviders.On(database);
        var grains = Enumerable.Range(0, 40).Select(_ => Grain()).ToArray();
        foreach (var grain in grains)
            await Upsert(providers, grain, "next", Soon);

        // Three parts: two that do not pass the end of the ring, and one that wraps around it.
        uint[] borders = [0x4000_0000, 0x9000_0000, 0xE000_0000];
        var found = new List<GrainId>();
        for (var part = 0; part < borders.Length; part++)
        {
            var (begin, end) = (borders[part], borders[(part + 1) % borders.Length]);
            var rows = await providers.Reminders.ReadRows(begin, end, Cancel);
            Assert.All(rows.Reminders, row => Assert.True(IsIn(begin, end, row.GrainId.GetUniformHashCode())));
            found.AddRange(rows.Reminders.Select(row => row.GrainId));
        }

        Assert.Equal(grains.Order(), found.Order());
        Assert.Equal(grains.Length, (await providers.Reminders.ReadRows(7, 7, Cancel)).Reminders.Count);
    }

    [Fact]
    public async Task A_silo_is_given_what_is_due_soon_and_not_what_is_due_later()
    {
        await using var database = await engine.OpenEmpty();
        await database.Upgrade(Cancel);
        await using var providers = await OrleansProviders.On(database);
        var (overdue, soon, later) = (Grain(), Grain(), Grain());
        await Upsert(providers, overdue, "next", Soon.AddDays(-1));
        await Upsert(providers, soon, "next", Soon.AddMinutes(8));
        await Upsert(providers, later, "next", Soon.AddMinutes(20));

        var given = await providers.Reminders.ReadRows(0, 0, Cancel);

        Assert.Equal(new[] { overdue, soon }.Order(), given.Reminders.Select(row => row.GrainId).Order());
        Assert.NotNull(await providers.Reminders.ReadRow(later, "next", Cancel));
    }

    [Fact]
    public async Task A_horizon_of_a_hundred_years_gives_everything()
    {
        await using var database = await engine.OpenEmpty(reminderHorizon: TimeSpan.FromDays(36_500));
        await database.Upgrade(Cancel);
        await using var providers = await OrleansProviders.On(database);
        await Upsert(providers, Grain(), "next", Soon.AddYears(50));

        Assert.Single((await providers.Reminders.ReadRows(0, 0, Cancel)).Reminders);
    }

    [Fact]
    public async Task A_rows_own_moment_is_a_reminder_of_its_grain_in_one_part_of_the_ring()
    {
        await using var database = await engine.OpenEmpty();
        await database.Upgrade(Cancel);
        await using var providers = await OrleansProviders.On(database);
        var (overdue, soon) = (Grain(), Grain());
        await Put(database, overdue, WakeAt(Soon.AddDays(-1)), Ring(overdue));
        await Put(database, soon, WakeAt(Soon.AddMinutes(8)), Ring(soon));
        await Put(database, Grain(), WakeAt(Soon.AddMinutes(20)), "1");

        var hash = soon.GetUniformHashCode();
        var read = Assert.Single((await providers.Reminders.ReadRows(hash - 1, hash, Cancel)).Reminders);
        Assert.Equal((soon, "wake", TimeSpan.FromMinutes(1), "1"), (read.GrainId, read.ReminderName, read.Period, read.ETag));
        Assert.Equal(Soon.AddMinutes(8), read.StartAt, TimeSpan.FromMilliseconds(1));
        Assert.Equal(
            new[] { overdue, soon }.Order(), (await providers.Reminders.ReadRows(hash, hash, Cancel)).Reminders.Select(row => row.GrainId).Order());
        Assert.Empty((await providers.Reminders.ReadRows(soon, Cancel)).Reminders);
    }

    [Theory]
    [InlineData("\"2026-11-29T12:00:00Z\"", "1")]
    [InlineData("null", "1")]
    [InlineData("-1", "1")]
    [InlineData("1e300", "1")]
    [InlineData("{}", "[]")]
    [InlineData("253402300800000", "1")]
    [InlineData("1", "null")]
    [InlineData("1", "\"1\"")]
    [InlineData("1", "1e300")]
    public async Task A_moment_that_is_none_wakes_nothing_and_keeps_no_other_from_being_read(string wakeAt, string ring)
    {
        await using var database = await engine.OpenEmpty();
        await database.Upgrade(Cancel);
        await using var providers = await OrleansProviders.On(database);
        var good = Grain();
        await Put(database, Grain(), wakeAt, ring);
        await Put(database, good, WakeAt(Soon), Ring(good));

        Assert.Equal(good, Assert.Single((await providers.Reminders.ReadRows(7, 7, Cancel)).Reminders).GrainId);
    }

    private static string WakeAt(DateTime moment) => $"{new DateTimeOffset(moment).ToUnixTimeMilliseconds()}";

    private static string Ring(GrainId grain) => $"{unchecked((int)grain.GetUniformHashCode())}";

    private static Task Put(CouchDatabase database, GrainId grain, string wakeAt, string ring) =>
        database.Put(GrainKinds.Guest, grain.Key.ToString()!, JsonNode.Parse($$"""{"wakeAt":{{wakeAt}},"ring":{{ring}}}""")!);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static GrainId Grain() => GrainId.Create(GrainKinds.Guest, Some.Guest().Id.Value);

    private static bool IsIn(uint begin, uint end, uint hash) => begin < end ? hash > begin && hash <= end : hash > begin || hash <= end;

    private static Task<string> Upsert(OrleansProviders providers, GrainId grain, string name, DateTime start) =>
        providers.Reminders.UpsertRow(new ReminderEntry { GrainId = grain, ReminderName = name, StartAt = start,
            Period = TimeSpan.FromMinutes(1) }, Cancel)!;
}

public sealed class RemindersOnPostgres(PostgresEngine engine) : ReminderTests(engine), IClassFixture<PostgresEngine>;

public sealed class RemindersOnSqlite(SqliteEngine engine) : ReminderTests(engine), IClassFixture<SqliteEngine>;
