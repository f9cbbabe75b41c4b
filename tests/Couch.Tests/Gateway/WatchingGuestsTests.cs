using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

public sealed class WatchingGuestsTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private readonly Caller host = couch.Anyone;

    [Fact]
    public async Task A_host_sees_everything_of_a_guest_but_its_token()
    {
        var arrived = await host.Arrive();

        var guest = (await host.Get($"/couch/guests/{arrived["guestId"]}")).Is(200);
        Assert.Equal(
            ["activatedWith", "agentEndpoint", "createdAt", "endDetail", "endReason", "endedWith", "enforcement", "expiresAt",
             "extendedWith", "id", "inviteId",
             "killedWith", "name", "permissions", "publicKey", "resourceLimits", "resourceUsage", "status", "stoppedAt", "vm", "vmId"],
            guest.Fields);
        Assert.DoesNotContain(arrived["authToken"]!, guest.Body, StringComparison.Ordinal);
        Assert.Null(guest["stoppedAt"]);

        var status = (await host.Get($"/couch/guests/{arrived["guestId"]}/status")).Is(200);
        Assert.Equal(
            ["agentEndpoint", "createdAt", "endDetail", "endReason", "endedWith", "expiresAt", "id", "limitsExceeded", "name",
             "resourceLimits", "resourceUsage", "status", "stoppedAt", "violations", "vm", "vmId"],
            status.Fields);
        Assert.Equal(
            ["attempts", "destroyRequestedAt", "destroyedAt", "host", "lastError", "readyAt", "requestedAt", "state", "unaccounted"],
            guest.Json["vm"]!.AsObject().Select(pair => pair.Key).Order(StringComparer.Ordinal));
        Assert.Equal("none", guest.Json["vm"]!["state"]!.ToString());
    }

    [Fact]
    public async Task The_kill_switch_works_once_and_says_when()
    {
        var path = $"/couch/guests/{(await host.Arrive())["guestId"]}";

        var killed = (await host.Delete(path)).Is(200);
        Assert.Equal(["id", "status", "stoppedAt"], killed.Fields);
        Assert.Equal("revoked", killed["status"]);
        Assert.NotNull(killed["stoppedAt"]);

        (await host.Delete(path)).Refuses(400, "guest already revoked");
        Assert.Equal("killed", (await host.Get(path))["endReason"]);
    }

    [Fact]
    public async Task A_guest_is_activated_once()
    {
        var arrived = await host.Arrive();
        var path = $"/couch/guests/{arrived["guestId"]}/activate";

        var guest = (await host.Post(path, new { vmId = " vm-1 ", agentEndpoint = "https://vm-1" })).Is(200);
        Assert.Equal("running", guest["status"]);
        Assert.Equal("vm-1", guest["vmId"]);
        Assert.DoesNotContain("guest_", guest.Body, StringComparison.Ordinal);
        Assert.Equal("https://vm-1", (await couch.With(arrived["authToken"]!).Get("/couch/status"))["agentEndpoint"]);

        (await host.Post(path, new { vmId = "vm-2", agentEndpoint = "x" })).Refuses(400, "cannot activate guest with status 'running'");
        (await host.Post(path, new { vmId = " ", agentEndpoint = "x" })).Refuses(400, "vmId is required");
        (await host.Post(path, new { vmId = "vm-2" })).Refuses(400, "agentEndpoint is required");
    }

    [Fact]
    public async Task A_guest_over_its_limit_is_stopped_and_says_which()
    {
        var arrived = await host.Arrive(new { createdBy = "noah", resourceLimits = new { maxTokenBudget = 100, maxDiskGB = 1 } });
        var path = $"/couch/guests/{arrived["guestId"]}";

        var usage = (await host.Put(path + "/usage", new { tokensUsed = 200, diskUsedGB = 5 })).Is(200);
        Assert.Equal(["id", "limitsExceeded", "resourceUsage", "violations"], usage.Fields);
        Assert.True((bool)usage.Json["limitsExceeded"]!);
        Assert.Equal("""["tokens: 200/100","disk: 5GB/1GB"]""", usage.Json["violations"]!.ToJsonString());

        var stopped = await host.Get(path);
        Assert.Equal("stopped", stopped["status"]);
        Assert.Equal("limits-exceeded", stopped["endReason"]);
        Assert.Equal("tokens: 200/100; disk: 5GB/1GB", stopped["endDetail"]);
    }

    [Fact]
    public async Task A_guest_under_report_stays_over_its_limit()
    {
        var arrived = await host.Arrive(new { createdBy = "noah", enforcement = "report", resourceLimits = new { maxTokenBudget = 100 } });
        var path = $"/couch/guests/{arrived["guestId"]}";

        await host.Put(path + "/usage", new { tokensUsed = 200.0 });

        Assert.Equal("provisioning", (await host.Get(path))["status"]);
        Assert.Equal("report", (await host.Get(path))["enforcement"]);
        Assert.Equal("""["tokens: 200/100"]""", (await host.Get(path + "/status")).Json["violations"]!.ToJsonString());
    }

    [Fact]
    public async Task Counters_never_go_down_and_a_missing_one_keeps_its_value()
    {
        var path = $"/couch/guests/{(await host.Arrive())["guestId"]}/usage";

        await host.Put(path, new { cpuSeconds = 10.5, tokensUsed = 7 });
        var kept = (await host.Put(path, new { cpuSeconds = 3, uptimeSeconds = 1 })).Is(200);

        Assert.Equal(
            """{"cpuSeconds":10.5,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":7,"uptimeSeconds":1}""",
            kept.Json["resourceUsage"]!.ToJsonString());
    }

    [Fact]
    public async Task More_time_moves_the_end_and_the_limit_with_it()
    {
        var arrived = await host.Arrive(new { createdBy = "noah", resourceLimits = new { maxDurationHours = 1 } });
        var path = $"/couch/guests/{arrived["guestId"]}/extend";

        var extended = (await host.Post(path, new { hours = 1.5 })).Is(200);
        Assert.Equal(2.5, (double)extended.Json["resourceLimits"]!["maxDurationHours"]!);
        Assert.Equal(DateTimeOffset.Parse(arrived["expiresAt"]!, null).AddHours(1.5), DateTimeOffset.Parse(extended["expiresAt"]!, null));

        (await host.Post(path, new { hours = 720 })).Refuses(400, "a stay must not exceed 720 hours from its beginning");
        (await host.Post(path, new { hours = 0 })).Refuses(400, "hours must be a number above 0, at most 720");
        (await host.Post(path, "{}")).Refuses(400, "hours is required");
    }

    [Fact]
    public async Task Whoever_has_ended_gets_no_more_time()
    {
        var path = $"/couch/guests/{(await host.Arrive())["guestId"]}";
        await host.Delete(path);

        (await host.Post(path + "/extend", new { hours = 1 })).Refuses(400, "guest already revoked");
        (await host.Post(path + "/activate", new { vmId = "vm", agentEndpoint = "x" })).Refuses(
            400, "cannot activate guest with status 'revoked'");
        (await host.Put(path + "/usage", new { tokensUsed = 1 })).Is(200);
    }

    [Theory]
    [InlineData("01M856TMTR357368QFX5X4BGR0")]
    [InlineData("7ZZZZZZZZZZZZZZZZZZZZZZZZZ")]
    [InlineData("nonsense")]
    public async Task An_id_that_is_nobodys_is_not_found(string id)
    {
        const string error = "guest not found";
        (await host.Get($"/couch/guests/{id}")).Refuses(404, error);
        (await host.Get($"/couch/guests/{id}/status")).Refuses(404, error);
        (await host.Delete($"/couch/guests/{id}")).Refuses(404, error);
        (await host.Post($"/couch/guests/{id}/activate", new { vmId = "vm", agentEndpoint = "x" })).Refuses(404, error);
        (await host.Put($"/couch/guests/{id}/usage", "{}")).Refuses(404, error);
        (await host.Post($"/couch/guests/{id}/extend", new { hours = 1 })).Refuses(404, error);
    }
}
