using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Couch.Domain.Guests;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Xunit;

namespace Couch.Tests.Crashes;

/// <summary>A couch whose PostgreSQL goes away, comes back, or answers too late.</summary>
public sealed class DatabaseOutageTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private PostgresServer.EmptyDatabase database = null!;
    private TcpProxy proxy = null!;
    private readonly string key = Some.Key();
    private string connection = null!;
    private CouchProcess couch = null!;

    public async ValueTask InitializeAsync()
    {
        database = await PostgresServer.NewDatabase();
        proxy = TcpProxy.Before(database.ConnectionString, out connection);
        couch = await Start([]);
    }

    private Task<CouchProcess> Start(Dictionary<string, string> settings) =>
        CouchProcess.Start(NodeSettings.Of(connection, key).And(settings));

    public async ValueTask DisposeAsync()
    {
        await couch.DisposeAsync();
        await proxy.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_database_that_is_gone_is_a_503_the_process_stays_up_and_recovers_by_itself()
    {
        var invite = await couch.Post("/couch/invites", new { createdBy = "noah" });
        proxy.GoDead();

        foreach (var request in new Func<Task<HttpResponseMessage>>[]
                 {
                     () => couch.Http.PostAsJsonAsync("/couch/invites", new { createdBy = "noah" }),
                     () => couch.Http.PostAsJsonAsync("/couch/redeem", new { code = (string)invite["code"]!, name = "guest-1" }),
                     () => couch.Http.GetAsync("/couch/guests"),
                     () => couch.Http.GetAsync($"/couch/guests/{GuestId.New(Some.Time, Some.Random)}"),
                 })
        {
            using var response = await request();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        }

        Assert.Equal("ok", (string?)(await couch.Get("/health"))["status"]);
        await Until.True(
            async () => (string?)(await Ready()).Body["database"] is not "ok", Soon, "readiness says that the database is gone");
        // A short outage takes no node out of its balancer; a longer one takes them all, for none can confirm that it is a member.
        await Until.True(async () => (await Ready()).Status is HttpStatusCode.ServiceUnavailable, Soon, "it is not ready");
        Assert.Equal("unconfirmed", (string?)(await Ready()).Body["silo"]);

        proxy.Heal();
        await couch.IsReady(Soon);
        await Until.True(
            async () => (await couch.Http.PostAsJsonAsync("/couch/redeem",
                new { code = (string)invite["code"]!, name = "guest-1" })).IsSuccessStatusCode,
            Soon, "the same invite is redeemed");
    }

    [Fact]
    public async Task
        While_the_database_hangs_guests_in_memory_are_answered_for_seconds_whoever_writes_is_a_503_and_all_recovers_by_itself()
    {
        var invite = await couch.Post("/couch/invites", new { createdBy = "noah" });
        var guest = await couch.Post("/couch/redeem", new { code = (string)invite["code"]!, name = "guest-1" });
        proxy.Hang();
        var writes = Enumerable.Range(0, 8).Select(_ => couch.Http.PostAsJsonAsync("/couch/invites", new { createdBy = "noah" })).ToArray();

        Assert.Equal("provisioning", (string?)(await couch.Get($"/couch/status?token={guest["authToken"]}"))["status"]);
        // What is told of the database may be a second old.
        await Until.True(
            async () => ((string?)(await Ready()).Body["database"])!.Contains("does not answer", StringComparison.Ordinal), Soon,
            "readiness says that the database does not answer");
        foreach (var write in writes)
        {
            using var response = await write;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        }

        await Until.True(async () => (await Ready()).Status is HttpStatusCode.ServiceUnavailable, Soon, "it is not ready");
        using (var poll = await couch.Http.GetAsync($"/couch/status?token={guest["authToken"]}"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, poll.StatusCode);
            Assert.NotNull(poll.Headers.RetryAfter);
        }

        proxy.Heal();
        await Until.True(
            async () => (await couch.Http.PostAsJsonAsync("/couch/invites", new { createdBy = "noah" })).IsSuccessStatusCode, Soon,
            "an invite is made");
        await Until.True(async () => (string?)(await couch.Get("/health/ready"))["database"] is "ok", Soon, "the database is well again");
    }

    [Fact]
    public async Task A_vm_that_is_made_while_the_database_is_away_is_never_claimed_and_its_guest_has_one_once_it_is_back()
    {
        await couch.End();
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.FromMilliseconds(50) });
        await using var toVers = new TcpProxy(vers.Url.Port);
        await using var host = await Start(new(NodeSettings.Of(vers)) { ["VERS_API_URL"] = $"http://127.0.0.1:{toVers.Port}/api/v1" });
        var invite = await host.Post("/couch/invites", new { createdBy = "noah" });
        toVers.HoldBack("/vm/from_commit");
        var guest = await host.Post("/couch/redeem", new { code = (string)invite["code"]!, name = "guest-1" });
        await Until.True(() => Task.FromResult(toVers.IsHolding), Soon, "its create is on the way");

        proxy.GoDead();
        toVers.LetGo();
        await Until.True(() => Task.FromResult(vers.Vms.All is [{ WasDestroyed: true }]), Soon, "the VM is destroyed");
        Assert.Equal(0, vers.Vms.MostClaimedByOneGuest);

        proxy.Heal();
        await Until.True(
            async () => (string?)(await host.Get($"/couch/guests/{guest["guestId"]}"))["status"] is "running", Soon, "the guest runs");
        Assert.Equal(1, vers.Vms.MostClaimedByOneGuest);
    }

    [Fact]
    public async Task A_kill_whose_answer_the_database_lost_is_found_done_and_answered()
    {
        var invite = await couch.Post("/couch/invites", new { createdBy = "noah" });
        var guest = await couch.Post("/couch/redeem", new { code = (string)invite["code"]!, name = "guest-1" });
        proxy.LoseReplyTo("\"revoked\"");

        using var killed = await couch.Http.DeleteAsync($"/couch/guests/{guest["guestId"]}");
        Assert.True(proxy.HasLostReply);
        Assert.Equal(HttpStatusCode.OK, killed.StatusCode);
        Assert.Equal("revoked", (string?)JsonNode.Parse(await killed.Content.ReadAsStringAsync())!["status"]);
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> Ready()
    {
        using var ready = await couch.Http.GetAsync("/health/ready");
        return (ready.StatusCode, JsonNode.Parse(await ready.Content.ReadAsStringAsync())!);
    }
}
