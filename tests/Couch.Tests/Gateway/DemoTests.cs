using Couch.Tests.Support;
using Couch.VersSimulator;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>A couch that pretends its VMs shows a whole stay with nothing else installed.</summary>
public sealed class DemoTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_stay_goes_from_its_redeem_to_its_receipt_and_a_restart_is_outlived()
    {
        using var folder = new TemporaryFolder();
        await using var couch = await CouchProcess.Start(new()
        {
            ["COUCH_DATA_DIR"] = folder["data"], ["COUCH_DEMO"] = "true", ["COUCH_METER_SECONDS"] = "1",
        });
        Assert.Contains("DEMO", couch.Output, StringComparison.Ordinal);
        Assert.Equal("demo", (await couch.Anyone.Get("/couch/summary")).Is(200)["vmProvider"]);
        var path = $"/couch/guests/{(await couch.Anyone.Arrive())["guestId"]}";

        await Until.True(async () => (await couch.Anyone.Get(path))["status"] is "running", Bound, "it runs");
        await Until.True(
            async () => (int)(await couch.Anyone.Get(path)).Json["resourceUsage"]!["tokensUsed"]! > 0, Bound, "it uses something");
        var vm = (await couch.Anyone.Get(path))["vmId"];
        await couch.KillHard();
        await couch.StartAgain();
        var used = (double)(await couch.Anyone.Get(path)).Json["resourceUsage"]!["uptimeSeconds"]!;
        await Until.True(
            async () => (double)(await couch.Anyone.Get(path)).Json["resourceUsage"]!["uptimeSeconds"]! > used, Bound, "it goes on");
        Assert.Equal(vm, (await couch.Anyone.Get(path))["vmId"]);

        (await couch.Anyone.Delete(path)).Is(200);
        await Until.True(async () => (await couch.Anyone.Get(path)).Json["vm"]!["destroyedAt"] is not null, Bound, "the receipt");
    }

    [Fact]
    public async Task It_is_refused_on_data_whose_guests_have_real_vms()
    {
        using var folder = new TemporaryFolder();
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        var settings = new Dictionary<string, string> { ["COUCH_DATA_DIR"] = folder["data"] };
        await using (var couch = await CouchProcess.Start(settings.And(new Dictionary<string, string>
                     {
                         ["VERS_API_URL"] = vers.Url.ToString(), ["VERS_API_KEY"] = vers.Options.Key,
                         ["GOLDEN_COMMIT_ID"] = vers.Options.Commit.ToString(),
                     })))
        {
            var guest = await couch.Anyone.Arrive();
            await Until.True(
                async () => (await couch.Anyone.Get($"/couch/guests/{guest["guestId"]}"))["status"] is "running", Bound, "it runs");
        }

        var (exitCode, output) = await CouchProcess.RunToEnd(settings.And(new Dictionary<string, string> { ["COUCH_DEMO"] = "true" }));

        Assert.Equal(1, exitCode);
        Assert.Contains("give the demo a data folder of its own", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_refused_beside_a_real_provider()
    {
        var (exitCode, output) = await CouchProcess.RunToEnd(new()
        {
            ["COUCH_DEMO"] = "true", ["COUCH_DOCKER_IMAGE"] = "couch-guest",
        });
        Assert.Equal(1, exitCode);
        Assert.Contains("COUCH_DEMO pretends VMs", output, StringComparison.Ordinal);
    }
}
