using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Cluster.Housekeeping;
using Couch.Cluster.Storage;
using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>A database that an older version has left is read, listed, and gone on with. See <see cref="Sample"/>.</summary>
public abstract class OldRowsTests(TestCouch couch, Engine engine)
{
    [Fact]
    public async Task Every_row_is_read_as_it_was_written()
    {
        await AreRead<Invite>(GrainKinds.Invite);
        await AreRead<Guest>(GrainKinds.Guest);
        await AreRead<HostKey>(GrainKinds.HostKey);
        await AreRead<HousekeepingState>(GrainKinds.Housekeeping);
    }

    [Fact]
    public async Task The_upgraded_schema_is_a_new_ones()
    {
        await using var fresh = await engine.OpenEmpty(couch.Database.ReminderHorizon);
        await fresh.Upgrade(TestCouch.Cancel);
        Assert.Equal(await Schema(fresh), await Schema(couch.Database));
    }

    [Fact]
    public async Task Lists_show_every_row_under_its_status()
    {
        var now = couch.Clock.GetUtcNow();
        var invites = (await couch.Listings.Invites(null, 1000, null, now, TestCouch.Cancel)).Rows;
        foreach (var status in Enum.GetValues<InviteStatus>())
            Assert.Equal(invites.Where(invite => invite.Status == status),
                (await couch.Listings.Invites(status, 1000, null, now, TestCouch.Cancel)).Rows);
        var guests = (await couch.Listings.Guests(null, 1000, null, now, TestCouch.Cancel)).Rows;
        foreach (var status in Enum.GetValues<GuestStatus>())
            Assert.Equal(guests.Where(guest => guest.Status == status),
                (await couch.Listings.Guests(status, 1000, null, now, TestCouch.Cancel)).Rows);
        Assert.Equal((13, 2), (guests.Count(guest => guest.CreatedAt <= Sample.Taken),
            (await couch.Listings.HostKeys(1000, null, TestCouch.Cancel)).Rows.Count));
        Assert.NotEmpty(await new VmRows(couch.Database).OpenVms(TestCouch.Cancel));
    }

    [Fact]
    public async Task Invites_go_on_where_they_were()
    {
        var invites = (await couch.Listings.Invites(null, 1000, null, Sample.Taken, TestCouch.Cancel)).Rows;
        var active = invites.Where(invite => invite.Status is InviteStatus.Active).MaxBy(invite => invite.ExpiresAt)!;
        var redeemed = Assert.IsType<RedeemOutcome.Redeemed>(await couch.Invite(active.Id).Redeem(Some.Redeem()));
        Assert.NotNull(await couch.Guest(redeemed.Invite.Redemption!.GuestId).Get());

        var spent = invites.Single(invite => invite.Redemption?.Idempotency is not null);
        var repeat = Some.Redeem("a key") with { PublicKey = "ssh-ed25519 AAAA" };
        Assert.Equal(spent, Assert.IsType<RedeemOutcome.Redeemed>(await couch.Invite(spent.Id).Redeem(repeat)).Invite);
        foreach (var over in invites.Where(invite => invite.Status is InviteStatus.Revoked or InviteStatus.Expired))
            Assert.Equal(new RedeemOutcome.NotActive(over.Status), await couch.Invite(over.Id).Redeem(Some.Redeem()));
    }

    [Fact]
    public async Task Guests_go_on_where_they_were()
    {
        foreach (var guest in (await couch.Listings.Guests(null, 1000, null, Sample.Taken, TestCouch.Cancel)).Rows
                     .Where(guest => guest.ExpiresAt > Sample.Taken.AddHours(1)))
        {
            var grain = couch.Guest(guest.Id);
            Assert.Equal(
                guest.ResourceUsage.TokensUsed + 1,
                Assert.IsType<UsageOutcome.Recorded>(await grain.Report(new() { TokensUsed = guest.ResourceUsage.TokensUsed + 1 }))
                    .Guest.ResourceUsage.TokensUsed);
            if (guest.IsStaying)
            {
                Assert.IsType<ExtendOutcome.Extended>(await grain.Extend(1));
                Assert.IsType<EndOutcome.Ended>(await grain.Kill());
            }
            else
            {
                Assert.Equal(guest.Status, Assert.IsType<EndOutcome.AlreadyEnded>(await grain.Kill()).Guest.Status);
            }
        }
    }

    [Fact]
    public async Task A_stay_ends_by_the_reminder_that_the_older_version_armed()
    {
        var last = (await couch.Listings.Guests(null, 1000, null, DateTimeOffset.MinValue,
            TestCouch.Cancel)).Rows.MinBy(guest => guest.ExpiresAt)!;
        await couch.AdvanceUntil(TimeSpan.FromMinutes(6), async () => (await couch.Row(last.Id))!.Status is GuestStatus.Expired);
        Assert.Equal(last.ExpiresAt, (await couch.Row(last.Id))!.StoppedAt);
    }

    private async Task AreRead<T>(string kind)
    {
        var rows = await couch.Database.Rows($"SELECT CAST(state AS TEXT) FROM grain_state WHERE kind = '{kind}'");
        Assert.NotEmpty(rows);
        foreach (var row in rows)
        {
            var again = JsonSerializer.SerializeToNode(JsonSerializer.Deserialize<T>(row, CouchJson.Stored), CouchJson.Stored)!.AsObject();
            // When its grain must act next is beside the state, where another test has had the row written anew.
            foreach (var (name, value) in JsonNode.Parse(row)!.AsObject().Where(field => field.Key is not ("wakeAt" or "ring")))
                Assert.True(JsonNode.DeepEquals(value, again[name]), $"{kind}: {name} was {value} and is {again[name]}");
        }
    }

    private protected abstract Task<List<string>> Schema(CouchDatabase database);
}

public sealed class OldSqliteRows() : TestCouch(new SqliteEngine(), Sample.Taken.AddMinutes(1))
{
    private protected override async Task Fill()
    {
        File.WriteAllBytes(Database.Where, []);
        await Database.Rows(await File.ReadAllTextAsync(Sample.File(Database)));
    }
}

public sealed class OldPostgresRows() : TestCouch(new PostgresEngine(), Sample.Taken.AddMinutes(1))
{
    // What a dump sets for its session stays with the connection, which goes back to the couch's pool.
    private protected override async Task Fill() => await Database.Rows(await File.ReadAllTextAsync(Sample.File(Database)) + "RESET ALL;");
}

public sealed class OldRowsOnSqlite(OldSqliteRows couch, SqliteEngine engine)
    : OldRowsTests(couch, engine), IClassFixture<OldSqliteRows>, IClassFixture<SqliteEngine>
{
    private protected override Task<List<string>> Schema(CouchDatabase database) =>
        database.Rows("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' UNION ALL SELECT QueryKey || "
            + "QueryText FROM OrleansQuery ORDER BY 1");
}

public sealed class OldRowsOnPostgres(OldPostgresRows couch, PostgresEngine engine)
    : OldRowsTests(couch, engine), IClassFixture<OldPostgresRows>, IClassFixture<PostgresEngine>
{
    // Spaces and empty lines are not kept by a dump.
    private protected override Task<List<string>> Schema(CouchDatabase database) => database.Rows(
        """
        SELECT regexp_replace(line, '\s+', ' ', 'g') FROM (
          SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || COALESCE(generation_expression, '') AS line
            FROM information_schema.columns WHERE table_schema = 'public'
          UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
          UNION ALL SELECT prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
          UNION ALL SELECT querykey || querytext FROM orleansquery
        ) AS lines ORDER BY 1
        """);
}
