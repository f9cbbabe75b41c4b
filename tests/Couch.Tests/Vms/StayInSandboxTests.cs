using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>A guest's whole stay in a sandbox of a real container engine, from its code to nothing.</summary>
public sealed class StayInSandboxTests
{
    [Fact]
    public async Task A_redeem_gives_a_limited_sandbox_that_answers_is_measured_and_is_gone_after_the_kill()
    {
        await using var engine = new ContainerEngine();
        await using var couch = await CouchHost.Start(
            [.. Settings(ContainerEngine.WebServer), "--COUCH_DOCKER_PORT=8080", "--COUCH_METER_SECONDS=1"]);
        var stay = await couch.Anyone.Arrive(new { createdBy = "noah", resourceLimits = new { maxMemoryMB = 64, maxCpuCores = 0.5 } });

        var running = (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=60")).Is(200);
        Assert.Equal("running", running["status"]);
        var page = (await new Caller(new Uri(running["agentEndpoint"]!)).Get("/page")).Is(200);
        Assert.Equal("hello", page.Body.Trim());
        var container = (await engine.Inspect(running["vmId"]!))!;
        Assert.Equal((64L << 20, 500_000_000L), (container.HostConfig.Memory, container.HostConfig.NanoCPUs));
        await Until.True(
            async () => (double)(await Guest())["resourceUsage"]!["uptimeSeconds"]! > 0, TimeSpan.FromSeconds(30), "its usage is measured");

        (await couch.Anyone.Delete($"/couch/guests/{stay["guestId"]}")).Is(200);
        await Until.True(async () => (await Guest())["vm"]!["destroyedAt"] is not null, TimeSpan.FromSeconds(60), "the receipt");
        Assert.Null(await engine.Inspect(running["vmId"]!));

        async Task<JsonNode> Guest() => (await couch.Anyone.Get($"/couch/guests/{stay["guestId"]}")).Is(200).Json;
    }

    [Fact]
    public async Task A_guest_that_fills_more_disk_than_it_may_is_stopped_by_what_is_measured()
    {
        await using var engine = new ContainerEngine();
        await using var couch = await CouchHost.Start([.. Settings(ContainerEngine.Idle), "--COUCH_METER_SECONDS=1"]);
        var stay = await couch.Anyone.Arrive(new { createdBy = "noah", resourceLimits = new { maxMemoryMB = 64, maxDiskGB = 0.02 } });
        var running = (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=60")).Is(200);

        // One file is stopped by the kernel at the limit; it takes two.
        await engine.Run(running["vmId"]!, "for i in 1 2; do dd if=/dev/zero of=/root/file$i bs=1M count=15; done");

        var ended = await Until.Gives(async () => (await couch.Anyone.Get($"/couch/guests/{stay["guestId"]}")).Is(200),
            guest => guest["status"] is "stopped", TimeSpan.FromSeconds(60), "the guest is stopped");
        Assert.Equal("limits-exceeded", ended["endReason"]);
        Assert.Matches("^disk: 0.0[0-9]+GB/0.02GB$", ended["endDetail"]);
        await Until.True(async () => await engine.Inspect(running["vmId"]!) is null, TimeSpan.FromSeconds(60), "its sandbox is gone");
    }

    [Fact]
    public async Task Readiness_says_what_keeps_guests_in_and_a_strict_couch_tells_a_guest_that_it_refuses_why()
    {
        await using var engine = new ContainerEngine();
        var options = engine.OnItsOwnNetwork();
        await using var couch = await CouchHost.Start(
            [.. Settings(ContainerEngine.Idle), $"--COUCH_DOCKER_BRIDGE={options.Bridge}", $"--COUCH_DOCKER_SUBNET={options.Subnet}",
             "--COUCH_DOCKER_STRICT=true"]);
        var refused = await couch.Anyone.Arrive(new { createdBy = "noah", resourceLimits = new { maxMemoryMB = 64 } });
        var ended = await Until.Gives(async () => (await couch.Anyone.Get($"/couch/guests/{refused["guestId"]}")).Is(200),
            guest => guest["status"] is "stopped", TimeSpan.FromMinutes(3), "the guest is refused");
        Assert.Equal("provisioning-failed", ended["endReason"]);
        Assert.Contains("COUCH_DOCKER_STRICT", ended["endDetail"], StringComparison.Ordinal);
        Assert.Contains($"Guests on the network {options.Bridge} reach the host",
            (await couch.Anyone.Get("/health/ready")).Is(200)["isolation"], StringComparison.Ordinal);

        var offline = await couch.Anyone.Arrive(
            new { createdBy = "noah", resourceLimits = new { maxMemoryMB = 64 }, permissions = new { canAccessInternet = false } });
        var running = (await couch.Anyone.Get($"/couch/status?token={offline["authToken"]}&wait=60")).Is(200);
        Assert.Equal("running", running["status"]);
        (await couch.Anyone.Delete($"/couch/guests/{offline["guestId"]}")).Is(200);
        await Until.True(async () => await engine.Inspect(running["vmId"]!) is null, TimeSpan.FromSeconds(60), "its sandbox is gone");
    }

    private static string[] Settings(IReadOnlyList<string> command) =>
    [
        $"--DOCKER_HOST={ContainerEngine.Address}", $"--COUCH_DOCKER_IMAGE={ContainerEngine.Image}",
        $"--COUCH_DOCKER_COMMAND={JsonSerializer.Serialize(command)}", $"--COUCH_DOCKER_BRIDGE={ContainerEngine.Bridge}",
    ];
}
