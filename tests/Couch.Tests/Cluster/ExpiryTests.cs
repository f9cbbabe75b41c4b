using System.Globalization;
using System.Text.Json;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>Everything ends by itself when its time is up.</summary>
public abstract class ExpiryTests(TestCouch couch)
{
    private static ResourceLimits Hours(double hours) => ResourceLimits.Default with { MaxDurationHours = hours };

    [Fact]
    public async Task An_invite_nobody_redeems_is_recorded_as_expired_by_its_reminder()
    {
        var invite = await couch.AnInvite(expiresInHours: 0.05);
        await couch.Forget(couch.Invite(invite.Id));
        await couch.AdvanceUntil(TimeSpan.FromMinutes(5), async () => (await couch.Row(invite.Id))!.Status is InviteStatus.Expired);
    }

    [Fact]
    public async Task A_guest_is_recorded_as_expired_by_its_reminder_at_the_moment_its_time_was_up()
    {
        var guest = await couch.AGuest(Hours(0.05));
        await couch.Forget(couch.Guest(guest.Id));
        await couch.AdvanceUntil(TimeSpan.FromMinutes(5), async () => (await couch.Row(guest.Id))!.Status is GuestStatus.Expired);
        Assert.Equal(guest.ExpiresAt, (await couch.Row(guest.Id))!.StoppedAt);
    }

    [Fact]
    public async Task What_ends_before_the_table_is_read_again_ends_in_time()
    {
        var guest = await couch.AGuest(Hours(0.01));
        var invite = await couch.AnInvite(expiresInHours: 0.01);
        // Too few minutes for the reminder service to have read the table.
        couch.Clock.Advance(TimeSpan.FromSeconds(37));
        await Until.True(async () => (await couch.Row(guest.Id))!.Status is GuestStatus.Expired, TimeSpan.FromSeconds(10), "the guest has expired");
        await Until.True(async () => (await couch.Row(invite.Id))!.Status is InviteStatus.Expired, TimeSpan.FromSeconds(10), "the invite has expired");
        Assert.Equal([""], await couch.WakeAt(invite.Id.Value));
    }

    [Fact]
    public async Task A_row_that_an_older_version_wrote_over_is_woken_by_its_reminder_and_names_its_own_moment_again()
    {
        var guest = await couch.AGuest(Hours(5));
        await couch.Forget(couch.Guest(guest.Id));
        await couch.Database.Replace(guest.Id.Value, (await couch.Row(guest.Id))!);
        Assert.Equal([""], await couch.WakeAt(guest.Id.Value));

        await couch.Arm(GrainId.Create(GrainKinds.Guest, guest.Id.Value), couch.Clock.GetUtcNow().AddMinutes(3));
        await couch.AdvanceUntil(TimeSpan.FromMinutes(6), async () => await couch.WakeAt(guest.Id.Value) is not [""]);
        Assert.Equal([$"{guest.ExpiresAt.ToUnixTimeMilliseconds()}"], await couch.WakeAt(guest.Id.Value));
    }

    [Fact]
    public async Task A_row_that_names_a_moment_at_which_nothing_is_due_is_woken_once()
    {
        var guest = await couch.AGuest(Hours(5));
        await couch.Forget(couch.Guest(guest.Id));
        var ring = (await couch.Database.Rows("SELECT ring FROM grain_state WHERE id = @id", ("id", guest.Id.Value))).Single();
        var row = JsonSerializer.SerializeToNode((await couch.Row(guest.Id))!, CouchJson.Stored)!.AsObject();
        row["wakeAt"] = couch.Clock.GetUtcNow().AddMinutes(3).ToUnixTimeMilliseconds();
        row["ring"] = int.Parse(ring, CultureInfo.InvariantCulture);
        await couch.Database.Replace(guest.Id.Value, row);

        await couch.AdvanceUntil(
            TimeSpan.FromMinutes(6), async () => await couch.WakeAt(guest.Id.Value) is [var moment] && moment == $"{guest.ExpiresAt.ToUnixTimeMilliseconds()}");
    }

    [Fact]
    public async Task An_end_that_could_not_be_recorded_is_tried_again_before_the_next_tick()
    {
        var guest = await couch.AGuest(Hours(0.05));
        // Its own: guests and invites of other tests fall due here too.
        couch.Faults.RefuseWrite(guest.Id.Value);
        await couch.AdvanceUntil(TimeSpan.FromMinutes(5), () => Task.FromResult(couch.Faults.HasRefusedWrite));

        for (var seconds = 0; seconds < 30 && !await IsRecorded(TimeSpan.FromMilliseconds(100)); seconds++)
            couch.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await IsRecorded(TimeSpan.FromSeconds(10)));

        Task<bool> IsRecorded(TimeSpan within) => Until.Holds(
            async () => (await couch.Row(guest.Id))!.Status is GuestStatus.Expired, within);
    }

    [Fact]
    public async Task An_extended_guest_stays_past_its_first_end_and_is_expired_at_its_second()
    {
        var guest = await couch.AGuest(Hours(0.05));
        var extended = Assert.IsType<ExtendOutcome.Extended>(await couch.Guest(guest.Id).Extend(0.1)).Guest;

        couch.Clock.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(GuestStatus.Provisioning, (await couch.Guest(guest.Id).Get())!.Status);
        await couch.AdvanceUntil(TimeSpan.FromMinutes(8), async () => (await couch.Row(guest.Id))!.Status is GuestStatus.Expired);
        Assert.Equal(extended.ExpiresAt, (await couch.Row(guest.Id))!.StoppedAt);
    }

    [Fact]
    public async Task Every_reader_sees_the_end_at_once_before_anything_is_recorded()
    {
        var guest = await couch.AGuest(Hours(1));
        var invite = await couch.AnInvite(expiresInHours: 1);
        var late = couch.Clock.GetUtcNow().AddHours(1);

        var expired = (await couch.Listings.Guests(GuestStatus.Expired, 1000, null, late, TestCouch.Cancel)).Rows;
        var staying = (await couch.Listings.Guests(GuestStatus.Provisioning, 1000, null, late, TestCouch.Cancel)).Rows;
        var active = (await couch.Listings.Invites(InviteStatus.Active, 1000, null, late, TestCouch.Cancel)).Rows;
        Assert.Contains(expired, one => one.Id == guest.Id && one.EndReason is EndReason.Expired);
        Assert.DoesNotContain(staying, one => one.Id == guest.Id);
        Assert.DoesNotContain(active, one => one.Id == invite.Id);

        couch.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(GuestStatus.Expired, (await couch.Guest(guest.Id).Get())!.Status);
        Assert.Equal(InviteStatus.Expired, (await couch.Invite(invite.Id).Get())!.Status);
    }

    [Fact]
    public async Task A_guest_that_came_late_to_a_couch_that_was_down_is_expired_by_the_first_sweep()
    {
        var guest = Some.Guest(Hours(1)) with { ExpiresAt = couch.Clock.GetUtcNow().AddMinutes(-5) };
        await couch.Guest(guest.Id).Arrive(guest);
        await couch.Housekeeping.Start();
        await Until.True(async () => (await couch.Row(guest.Id))!.Status is GuestStatus.Expired, TimeSpan.FromSeconds(10), "expired");
    }
}

public sealed class ExpiryOnSqlite(SqliteCouch couch) : ExpiryTests(couch), IClassFixture<SqliteCouch>;

public sealed class ExpiryOnPostgres(PostgresCouch couch) : ExpiryTests(couch), IClassFixture<PostgresCouch>;
