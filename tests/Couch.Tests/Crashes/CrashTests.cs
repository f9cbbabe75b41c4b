using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Couch.Cluster;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Crashes;

/// <summary>What a SIGKILL may cost: nothing that was acknowledged.</summary>
public abstract class CrashTests(CrashableCouch home)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Nothing_acknowledged_is_lost_by_a_kill_in_the_middle_of_the_work()
    {
        await using var couch = await home.Start();
        var invites = new ConcurrentBag<JsonNode>();
        var stays = new ConcurrentBag<JsonNode>();
        for (var life = 0; life < Length.Of(2, 20); life++)
        {
            var enough = invites.Count + 60;
            var work = Enumerable.Range(0, 8).Select(_ => WorkUntilKilled(couch, invites, stays)).ToArray();
            await Until.True(() => Task.FromResult(invites.Count >= enough), Minute, "work was acknowledged");
            await couch.KillHard();
            await Task.WhenAll(work);
            await couch.StartAgain();
        }

        foreach (var invite in invites)
            Assert.Equal((string?)invite["code"], (string?)(await couch.Get($"/couch/invites/{invite["id"]}"))["code"]);
        foreach (var stay in stays)
            Assert.Equal((string?)stay["guestId"], (string?)(await couch.Get($"/couch/status?token={stay["authToken"]}"))["guestId"]);
        Assert.True(stays.Count > 50, $"only {stays.Count} stays");
    }

    [Fact]
    public async Task Reminders_fire_after_a_restart_and_what_ended_meanwhile_is_recorded_within_a_minute_of_it()
    {
        await using var couch = await home.Start();
        var past = await couch.Post("/couch/invites", new { createdBy = "noah", expiresInHours = 2.0 / 3600 });
        var future = await couch.Post("/couch/invites", new { createdBy = "noah", expiresInHours = 12.0 / 3600 });
        var invite = await couch.Post("/couch/invites", new { createdBy = "noah", resourceLimits = new { maxDurationHours = 2.0 / 3600 } });
        var guest = await couch.Post("/couch/redeem", new { code = (string)invite["code"]!, name = "guest-1" });
        await couch.KillHard();
        var over = DateTimeOffset.Parse((string)guest["expiresAt"]!, CultureInfo.InvariantCulture);
        await Until.True(() => Task.FromResult(TimeProvider.System.GetUtcNow() > over), Minute, "its time passed while the couch was down");
        await couch.StartAgain();

        await Until.True(
            async () => await home.StatusInTable("guest", (string)guest["guestId"]!) == "expired", Minute, "the guest's end is recorded");
        await Until.True(
            async () => await home.StatusInTable("invite", (string)past["id"]!) == "expired", Minute, "the first invite's end is recorded");
        await Until.True(async () => await home.StatusInTable("invite", (string)future["id"]!) == "expired", Minute,
            "the second invite's reminder has fired");
    }

    [Fact]
    public async Task A_bulk_kill_whose_node_is_killed_in_the_middle_is_carried_out_though_nobody_asks_again()
    {
        await using var couch = await home.Start();
        var guests = new List<string>();
        for (var guest = 0; guest < 40; guest++)
            guests.Add((await couch.Anyone.Arrive())["guestId"]!);
        await using (await home.HoldBackChanges("guest", guests[^1]))
        {
            var asking = couch.Anyone.Post("/couch/guests/kill", new { ids = guests });
            foreach (var guest in guests[..^1])
                await Until.True(async () => await home.StatusInTable("guest", guest) == "revoked", Minute, "the others are killed");
            await couch.KillHard();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => asking);
        }

        Assert.Equal("provisioning", await home.StatusInTable("guest", guests[^1]));
        await couch.StartAgain();

        await Until.True(
            async () => await home.StatusInTable("guest", guests[^1]) == "revoked", 2 * Minute, "the last is killed");
        foreach (var guest in guests)
        {
            var events = (await couch.Anyone.Get($"/couch/guests/{guest}/events")).Is(200).Json["events"]!.AsArray();
            Assert.Single(events, one => (string)one!["type"]! == "couch.guest.killed");
        }
    }

    [Fact]
    public async Task A_kill_and_a_revocation_are_answered_the_same_under_their_key_after_a_crash()
    {
        await using var couch = await home.Start();
        var guest = await couch.Anyone.Arrive();
        var invite = await couch.Anyone.Invite();
        var keyed = couch.Anyone.Sending("Idempotency-Key", "a-kill");
        string[] paths = [$"/couch/guests/{guest["guestId"]}", $"/couch/invites/{invite["id"]}"];
        var before = new List<string>();
        foreach (var path in paths)
            before.Add((await keyed.Delete(path)).Is(200).Body);
        await couch.KillHard();
        await couch.StartAgain();

        foreach (var (path, said) in paths.Zip(before))
        {
            Assert.Equal(said, (await keyed.Delete(path)).Is(200).Body);
            (await couch.Anyone.Delete(path)).Refuses(400);
        }
    }

    [Fact]
    public async Task A_guest_still_arrives_after_a_kill_between_its_invites_write_and_its_own()
    {
        await using var couch = await home.Start();
        var invite = await couch.Post("/couch/invites", new { createdBy = "noah" });
        await using (await home.HoldBackGuests())
        {
            var redeem = couch.Http.PostAsJsonAsync("/couch/redeem", new { code = (string)invite["code"]!, name = "guest-1" });
            await Until.True(
                async () => await home.StatusInTable("invite", (string)invite["id"]!) == "redeemed", Minute, "the invite is written");
            await couch.KillHard();
            await Assert.ThrowsAnyAsync<Exception>(async () => (await redeem).EnsureSuccessStatusCode());
        }

        await couch.StartAgain();
        var guestId = (string)(await couch.Get($"/couch/invites/{invite["id"]}"))["guestId"]!;
        await Until.True(async () => await home.StatusInTable("guest", guestId) == "provisioning", Minute, "the guest arrives");
    }

    private static async Task WorkUntilKilled(CouchProcess couch, ConcurrentBag<JsonNode> invites, ConcurrentBag<JsonNode> stays)
    {
        try
        {
            while (true)
            {
                var invite = await couch.Post("/couch/invites", new { createdBy = "noah" });
                invites.Add(invite);
                stays.Add(await couch.Post("/couch/redeem", new { code = (string)invite["code"]!, name = "guest" }));
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or SocketException)
        {
            // The kill: this request was not acknowledged.
        }
    }
}

public sealed class CrashesOnSqlite(CrashableSqlite home) : CrashTests(home), IClassFixture<CrashableSqlite>;

public sealed class CrashesOnPostgres(CrashablePostgres home) : CrashTests(home), IClassFixture<CrashablePostgres>;
