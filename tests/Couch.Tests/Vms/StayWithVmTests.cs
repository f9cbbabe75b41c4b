using Couch.Tests.Support;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>A guest's whole stay with a VM from the simulated provider, over real HTTP on both sides.</summary>
public sealed class StayWithVmTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private SimulatedVers vers = null!;
    private CouchHost couch = null!;

    public async ValueTask InitializeAsync()
    {
        vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.FromMilliseconds(50) });
        couch = await CouchHost.Start([.. NodeSettings.Of(vers).AsArguments(), "--COUCH_VM_ATTEMPTS=3"]);
    }

    public async ValueTask DisposeAsync()
    {
        await couch.DisposeAsync();
        await vers.DisposeAsync();
    }

    [Fact]
    public async Task A_redeem_gives_a_running_vm_with_an_endpoint_and_a_kill_leaves_nothing()
    {
        var stay = await couch.Anyone.Arrive();
        var running = (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=30")).Is(200);
        Assert.Equal("running", running["status"]);
        Assert.Equal($"https://{running["vmId"]}.vm.vers.sh", running["agentEndpoint"]);
        Assert.Equal(1, vers.Vms.MostClaimedByOneGuest);

        Assert.Equal("revoked", (await couch.Anyone.Delete($"/couch/guests/{stay["guestId"]}")).Is(200)["status"]);
        await Destroyed(stay);
        Assert.Empty(vers.Vms.Left);
    }

    [Fact]
    public async Task A_kill_during_provisioning_destroys_the_vm_that_arrives_later()
    {
        vers.Faults.Next(Call.Create, new Effect.DoLate(TimeSpan.FromSeconds(2)));
        var stay = await couch.Anyone.Arrive();
        (await couch.Anyone.Delete($"/couch/guests/{stay["guestId"]}")).Is(200);
        var vm = await Destroyed(stay);
        Assert.Empty(vers.Vms.Left);
        Assert.Equal("destroyed", vm["vm"]!["state"]!.ToString());
    }

    [Fact]
    public async Task An_expiry_destroys_the_vm()
    {
        var stay = await couch.Anyone.Arrive(
            new { createdBy = "noah", resourceLimits = new { maxDurationHours = TimeSpan.FromSeconds(3).TotalHours } });
        Assert.Equal("running", (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=30")).Is(200)["status"]);
        var ended = await Destroyed(stay);
        Assert.Equal(("expired", stay["expiresAt"]), (ended["status"]!.ToString(), ended["stoppedAt"]!.ToString()));
        Assert.Empty(vers.Vms.Left);
    }

    [Fact]
    public async Task A_provider_that_fails_a_few_times_is_asked_again()
    {
        vers.Faults.Next(Call.Create, new Effect.Answer(503));
        var stay = await couch.Anyone.Arrive();
        Assert.Equal("running", (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=30")).Is(200)["status"]);
        Assert.Equal("2", (await Guest(stay))["vm"]!["attempts"]!.ToString());
    }

    [Fact]
    public async Task A_failed_provision_ends_as_provisioning_failed_in_the_providers_words()
    {
        vers.Faults.Always(Call.Create, new Effect.Answer(500));
        var stay = await couch.Anyone.Arrive();
        var ended = await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=30");
        ended.Refuses(404, "invalid or expired token");
        Assert.Equal(("stopped", "provisioning-failed"), (ended["guestStatus"], ended["endReason"]));
        Assert.StartsWith("Vers failed to create a VM: 500 a fault was asked for. ", (await Guest(stay))["endDetail"]!.ToString(),
            StringComparison.Ordinal);
        Assert.Equal((2, 2), ((int)(await Guest(stay))["vm"]!["unaccounted"]!, vers.Journal.Count(Call.Create)));
    }

    [Fact]
    public async Task A_destroy_is_retried_until_it_is_confirmed()
    {
        var stay = await couch.Anyone.Arrive();
        (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=30")).Is(200);
        vers.Faults.Next(5, Call.Destroy, new Effect.Answer(500));
        (await couch.Anyone.Post("/couch/checkout", new { token = stay["authToken"] })).Is(200);
        await Destroyed(stay);
        Assert.Empty(vers.Vms.Left);
    }

    [Fact]
    public async Task A_guest_activated_by_hand_keeps_that_vm_and_its_own_is_released()
    {
        vers.Faults.Next(Call.Create, new Effect.DoLate(TimeSpan.FromSeconds(1)));
        var stay = await couch.Anyone.Arrive();
        (await couch.Anyone.Post($"/couch/guests/{stay["guestId"]}/activate",
            new { vmId = "by-hand", agentEndpoint = "http://hand" })).Is(200);
        await Until.True(
            async () => (await Guest(stay))["vm"]!["state"]!.ToString() == "none" && vers.Vms.Left.Count == 0, Soon, "its own is released");
        Assert.Equal("by-hand", (await Guest(stay))["vmId"]!.ToString());
        (await couch.Anyone.Delete($"/couch/guests/{stay["guestId"]}")).Is(200);
        // It is not known which VM was meant.
        await Until.True(async () => (await Guest(stay))["vm"]!["state"]!.ToString() is "left", Soon, "it is left");
        Assert.Null((await Guest(stay))["vm"]!["destroyedAt"]);
    }

    private async Task<System.Text.Json.Nodes.JsonNode> Guest(Answer stay) =>
        (await couch.Anyone.Get($"/couch/guests/{stay["guestId"]}")).Is(200).Json;

    private async Task<System.Text.Json.Nodes.JsonNode> Destroyed(Answer stay)
    {
        await Until.True(async () => (await Guest(stay))["vm"]!["destroyedAt"] is not null, Soon, "the receipt");
        return await Guest(stay);
    }
}
