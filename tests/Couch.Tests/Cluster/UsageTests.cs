using Couch.Domain.Guests;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>Counters may reach the table a second later; what they end may not.</summary>
public abstract class UsageTests(TestCouch couch)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Usage_is_seen_at_once_and_written_within_a_second()
    {
        var guest = await couch.AGuest();
        await couch.Guest(guest.Id).Report(new() { CpuSeconds = 7 });
        Assert.Equal(7, (await couch.Guest(guest.Id).Get())!.ResourceUsage.CpuSeconds);
        Assert.Equal(0, (await couch.Row(guest.Id))!.ResourceUsage.CpuSeconds);

        couch.Clock.Advance(TimeSpan.FromSeconds(1));
        await Until.True(async () => (await couch.Row(guest.Id))!.ResourceUsage.CpuSeconds == 7, Soon, "written");
    }

    [Fact]
    public async Task A_grain_that_leaves_memory_takes_its_counters_to_the_table()
    {
        var guest = await couch.AGuest();
        await couch.Guest(guest.Id).Report(new() { TokensUsed = 9 });
        await couch.Forget(couch.Guest(guest.Id));
        Assert.Equal(9, (await couch.Row(guest.Id))!.ResourceUsage.TokensUsed);
    }

    [Fact]
    public async Task Crossing_a_limit_is_written_before_it_is_answered()
    {
        var guest = await couch.AGuest();
        await couch.Guest(guest.Id).Report(new() { TokensUsed = 50_000_001 });
        var row = (await couch.Row(guest.Id))!;
        Assert.Equal((GuestStatus.Stopped, EndReason.LimitsExceeded), (row.Status, row.EndReason));
    }

    [Fact]
    public async Task A_kill_carries_the_counters_that_were_not_written_yet()
    {
        var guest = await couch.AGuest();
        await couch.Guest(guest.Id).Report(new() { CpuSeconds = 3 });
        await couch.Guest(guest.Id).Kill();
        Assert.Equal(3, (await couch.Row(guest.Id))!.ResourceUsage.CpuSeconds);
    }

    [Fact]
    public async Task Counters_survive_a_write_that_did_not_get_through()
    {
        var guest = await couch.AGuest();
        await couch.Guest(guest.Id).Report(new() { CpuSeconds = 3 });
        couch.Faults.RefuseWrite();
        couch.Clock.Advance(TimeSpan.FromSeconds(1));
        await Until.True(
            async () =>
            {
                couch.Clock.Advance(TimeSpan.FromSeconds(1));
                return (await couch.Row(guest.Id))!.ResourceUsage.CpuSeconds == 3;
            },
            Soon, "written at the next try");
    }
}

public sealed class UsageOnSqlite(SqliteCouch couch) : UsageTests(couch), IClassFixture<SqliteCouch>;

public sealed class UsageOnPostgres(PostgresCouch couch) : UsageTests(couch), IClassFixture<PostgresCouch>;
