using Couch.Cluster.Guests;
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

    [Fact]
    public async Task Counters_survive_a_database_that_is_away_for_longer_than_their_grain_stays_in_memory()
    {
        var guest = await couch.AGuest();
        await couch.Guest(guest.Id).Report(new() { TokensUsed = 9 });
        couch.Faults.TakeStorageAway();
        await Until.True(
            async () =>
            {
                couch.Clock.Advance(TimeSpan.FromSeconds(1));
                return await Record.ExceptionAsync(() => couch.Guest(guest.Id).Get()) is not null;
            },
            Soon, "the grain has left memory, and cannot come back");
        couch.Faults.BringStorageBack();

        await IsWritten(guest.Id, usage => usage.TokensUsed == 9);
    }

    [Fact]
    public async Task Counters_survive_an_end_that_nobody_can_say_was_written()
    {
        var guest = await couch.AGuest();
        await couch.Guest(guest.Id).Report(new() { TokensUsed = 9 });
        couch.Faults.TakeStorageAway();
        await Assert.ThrowsAnyAsync<Exception>(() => couch.Guest(guest.Id).Kill());
        couch.Faults.BringStorageBack();

        await IsWritten(guest.Id, usage => usage.TokensUsed == 9);
    }

    [Fact]
    public async Task Counters_of_an_activation_that_lost_the_row_reach_the_one_that_has_it()
    {
        await using var other = await couch.StartCluster(silos: 1);
        var guest = await couch.AGuest();
        var there = other.Client.GetGrain<IGuestGrain>(guest.Id.Value);
        await there.Get();
        await couch.Guest(guest.Id).Report(new() { TokensUsed = 9 });
        await there.Report(new() { CpuSeconds = 3 });
        Assert.IsType<EndOutcome.Ended>(await there.Kill());

        await IsWritten(guest.Id, usage => usage is { TokensUsed: 9, CpuSeconds: 3 });
        Assert.Equal(GuestStatus.Revoked, (await couch.Row(guest.Id))!.Status);
    }

    private Task IsWritten(GuestId guest, Func<ResourceUsage, bool> claim) => Until.True(
        async () =>
        {
            couch.Clock.Advance(TimeSpan.FromSeconds(1));
            return claim((await couch.Row(guest))!.ResourceUsage);
        },
        Soon, "the counters are in the table");
}

public sealed class UsageOnSqlite(SqliteCouch couch) : UsageTests(couch), IClassFixture<SqliteCouch>;

public sealed class UsageOnPostgres(PostgresCouch couch) : UsageTests(couch), IClassFixture<PostgresCouch>;
