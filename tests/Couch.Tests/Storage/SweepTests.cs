using Couch.Cluster.Housekeeping;
using Couch.Cluster.Storage;
using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Storage;

public abstract class SweepTests(Engine engine) : FreshDatabaseTests(engine)
{
    private HousekeepingRows Rows => new(Database);

    private VmRows VmRows => new(Database);

    [Fact]
    public async Task Overdue_rows_are_found_longest_overdue_first()
    {
        var late = Some.Invite(expiresInHours: 2);
        var later = Some.Invite(expiresInHours: 1);
        var open = Some.Invite(expiresInHours: 3.001);
        var ended = Some.Invite(expiresInHours: 1) with { Status = InviteStatus.Revoked };
        foreach (var invite in new[] { late, later, open, ended })
            await Database.Put(GrainKinds.Invite, invite.Id.Value, invite);
        await Database.Put(GrainKinds.Housekeeping, "house", new { watermark = "x" });

        OverdueRow[] both = [new(later.Id.Value, later.ExpiresAt.ToIso()), new(late.Id.Value, late.ExpiresAt.ToIso())];
        Assert.Equal(both, await Rows.Overdue(GrainKinds.Invite, Some.Time.AddHours(3), 10, Cancel));
        Assert.Equal(both[..1], await Rows.Overdue(GrainKinds.Invite, Some.Time.AddHours(3), 1, Cancel));
        Assert.Equal(both[1..], await Rows.Overdue(GrainKinds.Invite, Some.Time.AddHours(3), 10, Cancel, both[0]));
        Assert.Empty(await Rows.Overdue(GrainKinds.Guest, Some.Time.AddHours(3), 10, Cancel));
    }

    [Fact]
    public async Task Spent_invites_without_a_guest_are_found_after_the_watermark()
    {
        var spent = Enumerable.Range(0, 6).Select(minute => Some.Redeemed(Some.Invite(), Some.Time.AddMinutes(minute))).ToArray();
        foreach (var invite in spent)
            await Database.Put(GrainKinds.Invite, invite.Id.Value, invite);
        await Database.Put(GrainKinds.Invite, Some.Invite().Id.Value, Some.Invite());
        foreach (var arrived in new[] { spent[1], spent[4] })
            await Database.Put(GrainKinds.Guest, arrived.Redemption!.GuestId.Value, Guest.Arriving(arrived));

        Assert.Equal(Missing(spent[0], spent[2], spent[3], spent[5]), await Rows.RedeemedWithoutGuest(null, 10, Cancel));
        Assert.Equal(Missing(spent[3], spent[5]), await Rows.RedeemedWithoutGuest(spent[2].Redemption!.GuestId, 10, Cancel));
        Assert.Equal(Missing(spent[0], spent[2]), await Rows.RedeemedWithoutGuest(null, 2, Cancel));
        Assert.Equal(Missing(spent[2], spent[3]), await Rows.RedeemedWithoutGuest(spent[0].Redemption!.GuestId, 10, Cancel,
            spent[3].Redemption!.GuestId));
    }

    [Fact]
    public async Task A_long_history_of_spent_invites_has_stretches_and_a_last_one_without_an_end()
    {
        var spent = Enumerable.Range(0, 6).Select(minute => Some.Redeemed(Some.Invite(), Some.Time.AddMinutes(minute))).ToArray();
        foreach (var invite in spent)
            await Database.Put(GrainKinds.Invite, invite.Id.Value, invite);

        Assert.Equal(spent[3].Redemption!.GuestId, await Rows.EndOfStretch(null, 4, Cancel));
        Assert.Equal(spent[5].Redemption!.GuestId, await Rows.EndOfStretch(spent[3].Redemption!.GuestId, 2, Cancel));
        Assert.Null(await Rows.EndOfStretch(spent[3].Redemption!.GuestId, 4, Cancel));
    }

    [Fact]
    public async Task Guests_that_something_at_a_vm_host_may_belong_to_are_found_as_the_domain_says()
    {
        var guests = (
            from state in Enum.GetValues<VmState>()
            from status in Enum.GetValues<GuestStatus>()
            from given in new[] { null, "vm-1" }
            from receipt in new DateTimeOffset?[] { null, Some.Time }
            select Some.Guest() with { Status = status, VmId = given,
                Vm = new() { Host = "vers", State = state, DestroyedAt = receipt } }).ToList();
        foreach (var guest in guests)
            await Database.Put(GrainKinds.Guest, guest.Id.Value, guest);
        var all = guests.Select(GuestVm.Of).OrderBy(guest => guest.Id.Value, StringComparer.Ordinal).ToList();

        var open = (await VmRows.OpenVms(Cancel)).Where(guest => all.Contains(guest)).OrderBy(
            guest => guest.Id.Value, StringComparer.Ordinal);
        Assert.Equal(all.Where(guest => guest.IsOpen), open);

        var read = (await VmRows.VmsOf([.. guests.Select(guest => guest.Id), GuestId.New(Some.Time, Some.Random)], Cancel)).OrderBy(
            guest => guest.Id.Value, StringComparer.Ordinal);
        Assert.Equal(all, read);
    }

    [Fact]
    public async Task What_is_past_is_found_as_the_domain_says()
    {
        DateTimeOffset?[] moments = [null, Some.Time, Some.Time.AddDays(2)];
        var guests = (
            from state in Enum.GetValues<VmState>()
            from status in Enum.GetValues<GuestStatus>()
            from receipt in moments
            select Some.Guest() with
            {
                Status = status,
                StoppedAt = status is GuestStatus.Provisioning or GuestStatus.Running ? null : Some.Time.AddDays(1),
                Vm = new() { Host = "vers", State = state, DestroyedAt = receipt },
            }).ToList();
        foreach (var guest in guests)
            await Database.Put(GrainKinds.Guest, guest.Id.Value, guest);
        var invites = Enum.GetValues<InviteStatus>().Select(status => Some.Invite() with { Status = status }).ToList();
        foreach (var invite in invites)
            await Database.Put(GrainKinds.Invite, invite.Id.Value, invite);

        foreach (var moment in new[] { Some.Time, Some.Time.AddDays(1), Some.Time.AddDays(1.5), Some.Time.AddDays(2) })
        {
            Assert.Equal(
                guests.Where(guest => guest.IsPast(moment)).Select(guest => new PastRow(guest.InviteId, guest.Id)).ToHashSet(),
                (await Rows.PastGuests(moment, 0, 1000, Cancel)).OfType<PastRow>().ToHashSet());
            Assert.Equal(
                invites.Where(invite => invite.Status is not InviteStatus.Redeemed && invite.IsPast(moment,
                    null)).Select(invite => new PastRow(invite.Id, null)).ToHashSet(),
                (await Rows.PastInvites(moment, 0, 1000, Cancel)).OfType<PastRow>().ToHashSet());
        }
    }

    [Fact]
    public async Task Guests_are_counted_by_status()
    {
        Guest[] guests = [Some.Guest(), Some.Guest(), Some.Guest() with { Status = GuestStatus.Revoked }];
        foreach (var guest in guests)
            await Database.Put(GrainKinds.Guest, guest.Id.Value, guest);
        await Database.Put(GrainKinds.Invite, Some.Invite().Id.Value, Some.Invite());

        Assert.Equal(
            new Dictionary<GuestStatus, long> { [GuestStatus.Provisioning] = 2, [GuestStatus.Revoked] = 1 },
            await Rows.GuestsByStatus(Cancel));
    }

    private static IEnumerable<MissingGuest> Missing(params Invite[] invites) =>
        invites.Select(invite => new MissingGuest(invite.Id, invite.Redemption!.GuestId));
}

public sealed class SweepsOnPostgres(PostgresEngine engine) : SweepTests(engine), IClassFixture<PostgresEngine>;

public sealed class SweepsOnSqlite(SqliteEngine engine) : SweepTests(engine), IClassFixture<SqliteEngine>;
