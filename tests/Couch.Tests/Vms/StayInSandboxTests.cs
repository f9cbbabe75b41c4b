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
            $"--DOCKER_HOST={ContainerEngine.Address}", $"--COUCH_DOCKER_IMAGE={ContainerEngine.Image}",
            $"--COUCH_DOCKER_COMMAND={JsonSerializer.Serialize(ContainerEngine.WebServer)}", "--COUCH_DOCKER_PORT=8080", "--COUCH_METER_SECONDS=1");
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
}
