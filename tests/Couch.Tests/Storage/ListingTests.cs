using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Storage;

public abstract class ListingTests(Engine engine) : FreshDatabaseTests(engine)
{
    private static readonly DateTimeOffset Now = Some.Time.AddHours(10);
    private Listings Listings => new(Database);

    [Fact]
    public async Task Newest_come_first_and_pages_join_without_gap_or_repeat()
    {
        var invites = await Put(Enumerable.Range(0, 25).Select(minute => Some.Invite(Some.Time.AddMinutes(minute))));

        var pages = await AllPages(null, limit: 10);

        Assert.Equal([10, 10, 5], pages.Select(page => page.Rows.Count));
        Assert.Equal(invites.Reverse(), pages.SelectMany(page => page.Rows));
    }

    [Fact]
    public async Task A_page_that_just_fits_has_no_next()
    {
        await Put(Enumerable.Range(0, 10).Select(minute => Some.Invite(Some.Time.AddMinutes(minute))));

        Assert.Null((await Listings.Invites(null, 10, null, Now, Cancel)).NextCursor);
    }

    [Fact]
    public async Task Each_filter_gives_the_rows_that_have_the_status_now()
    {
        var active = Some.Invite(Some.Time, expiresInHours: 24);
        var overdue = Some.Invite(Some.Time.AddMinutes(1), expiresInHours: 1);
        var recorded = Some.Invite(Some.Time.AddMinutes(2), expiresInHours: 1) with { Status = InviteStatus.Expired };
        var redeemed = Some.Redeemed(Some.Invite(Some.Time.AddMinutes(3), expiresInHours: 1), Some.Time.AddMinutes(4));
        var revoked = Some.Invite(Some.Time.AddMinutes(4), expiresInHours: 1) with { Status = InviteStatus.Revoked };
        await Put([active, overdue, recorded, redeemed, revoked]);

        Assert.Equal([active], await List(InviteStatus.Active));
        Assert.Equal([recorded, overdue with { Status = InviteStatus.Expired }], await List(InviteStatus.Expired));
        Assert.Equal([redeemed], await List(InviteStatus.Redeemed));
        Assert.Equal([revoked], await List(InviteStatus.Revoked));
        Assert.Equal([revoked, redeemed, recorded, overdue with { Status = InviteStatus.Expired }, active], await List(null));
    }

    [Fact]
    public async Task An_invite_expires_in_the_lists_at_its_very_millisecond()
    {
        var invite = Some.Invite();
        await Put([invite]);

        Assert.Single((await Listings.Invites(InviteStatus.Active, 10, null, invite.ExpiresAt.AddMilliseconds(-1), Cancel)).Rows);
        Assert.Empty((await Listings.Invites(InviteStatus.Active, 10, null, invite.ExpiresAt, Cancel)).Rows);
        Assert.Single((await Listings.Invites(InviteStatus.Expired, 10, null, invite.ExpiresAt, Cancel)).Rows);
    }

    [Fact]
    public async Task Overdue_and_recorded_expiries_mix_in_one_order_over_pages()
    {
        var invites = await Put(Enumerable.Range(0, 25).Select(minute =>
        {
            var overdue = Some.Invite(Some.Time.AddMinutes(minute), expiresInHours: 1);
            return minute % 3 == 0 ? overdue : overdue with { Status = InviteStatus.Expired };
        }));

        var pages = await AllPages(InviteStatus.Expired, limit: 7);

        Assert.Equal([7, 7, 7, 4], pages.Select(page => page.Rows.Count));
        Assert.Equal(invites.Reverse().Select(invite => invite.Id), pages.SelectMany(page => page.Rows).Select(invite => invite.Id));
    }

    [Fact]
    public async Task Guests_are_listed_by_what_they_are_now_too()
    {
        var provisioning = Some.Guest();
        var running = Some.Guest() with { Status = GuestStatus.Running, VmId = "vm" };
        var overdue = Some.Guest(ResourceLimits.Default with { MaxDurationHours = 1 }) with { Status = GuestStatus.Running };
        var stopped = Some.Guest() with { Status = GuestStatus.Stopped };
        foreach (var guest in new[] { provisioning, running, overdue, stopped })
            await Database.Put(GrainKinds.Guest, guest.Id.Value, guest);
        await Put([Some.Invite()]);

        Assert.Equal([provisioning], (await Listings.Guests(GuestStatus.Provisioning, 10, null, Now, Cancel)).Rows);
        Assert.Equal([running], (await Listings.Guests(GuestStatus.Running, 10, null, Now, Cancel)).Rows);
        Assert.Equal([overdue.AsOf(Now)], (await Listings.Guests(GuestStatus.Expired, 10, null, Now, Cancel)).Rows);
        Assert.Equal([stopped], (await Listings.Guests(GuestStatus.Stopped, 10, null, Now, Cancel)).Rows);
        Assert.Empty((await Listings.Guests(GuestStatus.Revoked, 10, null, Now, Cancel)).Rows);
        Assert.Equal(4, (await Listings.Guests(null, 10, null, Now, Cancel)).Rows.Count);
    }

    private async Task<Invite[]> Put(IEnumerable<Invite> invites)
    {
        var all = invites.ToArray();
        foreach (var invite in all)
            await Database.Put(GrainKinds.Invite, invite.Id.Value, invite);
        return all;
    }

    private async Task<IReadOnlyList<Invite>> List(InviteStatus? status) => (await Listings.Invites(status, 100, null, Now, Cancel)).Rows;

    private async Task<List<Page<Invite>>> AllPages(InviteStatus? status, int limit)
    {
        var pages = new List<Page<Invite>>();
        InviteId? cursor = null;
        do
        {
            pages.Add(await Listings.Invites(status, limit, cursor, Now, Cancel));
            cursor = pages[^1].NextCursor is { } next && InviteId.TryParse(next, out var id) ? id : null;
        }
        while (cursor is not null);
        return pages;
    }
}

public sealed class ListingsOnPostgres(PostgresEngine engine) : ListingTests(engine), IClassFixture<PostgresEngine>;

public sealed class ListingsOnSqlite(SqliteEngine engine) : ListingTests(engine), IClassFixture<SqliteEngine>;
