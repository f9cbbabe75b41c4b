using Couch.Tests.Support;
using Couch.VersSimulator;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>
/// What a couch that is about to start learns of its VM provider: what cannot change is said then, and not by the first guest.
/// </summary>
public sealed class StartCheckTests
{
    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task A_key_that_the_provider_refuses_refuses_to_start_and_says_which(int status)
    {
        await using var vers = await SimulatedVers.Start();
        vers.Faults.RefuseKey(status);
        using var folder = new TemporaryFolder();

        var (exitCode, output) = await CouchProcess.RunToEnd(
            new(NodeSettings.Of(vers)) { ["COUCH_DATA_DIR"] = folder["data"] }, "--urls", "http://127.0.0.1:0");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("VERS_API_KEY must be a key of the account", output, StringComparison.Ordinal);
        Assert.DoesNotContain(vers.Options.Key, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_cannot_be_reached_stops_nobody_from_starting_and_its_guests_wait()
    {
        await using var couch = await CouchHost.Start(
            $"--VERS_API_URL=http://127.0.0.1:{FreePort.Find(1)[0]}", "--VERS_API_KEY=some-key-of-the-account",
            "--GOLDEN_COMMIT_ID=00000000-0000-4000-8000-00000000c0c4");
        var stay = await couch.Anyone.Arrive();
        Assert.Equal("provisioning", (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}")).Is(200)["status"]);
    }
}
