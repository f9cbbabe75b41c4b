using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Couch.Cluster;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>
/// VMs that hosts give to guests by hand, on an account that others use too: what the guest may take along when it goes, and
/// what somebody else still needs.
/// </summary>
public sealed class GivenVmTests : IAsyncLifetime
{
    private const string HostKey = "a host's key, for tests";
    private static readonly string[] Ends = ["kill", "check-out", "limits", "expiry"];
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private SimulatedVers vers = null!;
    private CouchHost couch = null!;

    private Caller Host => couch.With(HostKey);

    public async ValueTask InitializeAsync()
    {
        vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        couch = await CouchHost.Start([.. NodeSettings.Of(vers).AsArguments(), $"--COUCH_AUTH_TOKEN={HostKey}", "--COUCH_VM_ATTEMPTS=100"]);
    }

    public async ValueTask DisposeAsync()
    {
        await couch.DisposeAsync();
        await vers.DisposeAsync();
    }

    [Fact]
    public async Task A_strangers_vm_that_a_key_without_the_scope_gave_outlives_its_guest_however_the_stay_ends()
    {
        var key = await AKey("guests");
        foreach (var (guest, vm) in await EndAll(key))
        {
            Assert.NotNull(vers.Vms.Look(vm)!.State);
            Assert.Equal(("left", null), ((string?)guest["vm"]!["state"], (string?)guest["vm"]!["destroyedAt"]));
            Assert.Equal((vm.ToString(), "guests"), ((string?)guest["vmId"], (string?)guest["activatedWith"]!["name"]));
        }
    }

    [Fact]
    public async Task A_vm_that_a_key_with_the_scope_gave_is_destroyed_however_the_stay_ends()
    {
        var key = await AKey("guests", "vms");
        foreach (var (guest, vm) in await EndAll(key))
        {
            Assert.Null(vers.Vms.Look(vm)!.State);
            Assert.Equal(("destroyed", true), ((string?)guest["vm"]!["state"], guest["vm"]!["destroyedAt"] is not null));
        }
    }

    [Fact]
    public async Task A_vm_that_the_configured_key_gave_is_destroyed_as_ever_and_a_name_or_another_guests_vm_is_not()
    {
        var other = await couch.Anyone.Redeem(await Host.Invite());
        var running = (await couch.Anyone.Get($"/couch/status?token={other["authToken"]}&wait=30")).Is(200);
        var unclaimed = await AVm();
        vers.Faults.Always(Call.Create, new Effect.Answer(503));

        foreach (var (given, state) in new[] { (unclaimed.ToString(), "destroyed"), (running["vmId"]!, "left"), ("payroll-db", "left") })
        {
            var guest = (await Given(Host, given))["guestId"]!;
            (await Host.Delete($"/couch/guests/{guest}")).Is(200);
            await Until.True(async () => (string?)(await Guest(guest))["vm"]!["state"] == state, Soon, $"{given} is {state}");
        }

        Assert.Equal(running["vmId"], Assert.Single(vers.Vms.Left).Id.ToString());
        Assert.Equal("running", (string?)(await Guest(other["guestId"]!))["status"]);
    }

    [Fact]
    public async Task A_vm_that_carries_the_guests_own_claim_goes_with_it_whoever_gave_it()
    {
        var (key, vm, mark) = (await AKey("guests"), await AVm(), await Mark());
        vers.Faults.Always(Call.Create, new Effect.Answer(503));
        var guest = (await couch.Anyone.Redeem(await Host.Invite()))["guestId"]!;
        await Label(vm, guest, mark);
        (await key.Post($"/couch/guests/{guest}/activate", new { vmId = vm, agentEndpoint = "http://hand" })).Is(200);
        await Until.True(async () => (string?)(await Guest(guest))["vm"]!["state"] is "none", Soon, "its own is released");
        Assert.NotNull(vers.Vms.Look(vm)!.State);

        (await key.Delete($"/couch/guests/{guest}")).Is(200);

        await Until.True(async () => (string?)(await Guest(guest))["vm"]!["state"] is "destroyed", Soon, "the receipt");
        Assert.Null(vers.Vms.Look(vm)!.State);
    }

    [Fact]
    public async Task A_key_without_the_scope_makes_none_with_it()
    {
        var maker = await AKey("guests", "keys");
        (await maker.Post("/couch/keys", new { name = "more", scopes = new[] { "guests", "vms" } })).Refuses(403);
    }

    /// <summary>Each end by a guest of its own with a VM of its own, given by that key.</summary>
    private async Task<IReadOnlyList<(JsonNode Guest, Guid Vm)>> EndAll(Caller key)
    {
        var stays = new List<(string Guest, Guid Vm)>();
        foreach (var _ in Ends)
            stays.Add(("", await AVm()));
        vers.Faults.Always(Call.Create, new Effect.Answer(503));
        for (var number = 0; number < Ends.Length; number++)
            stays[number] = (await End(Ends[number], key, stays[number].Vm), stays[number].Vm);

        var ended = new List<(JsonNode, Guid)>();
        foreach (var (guest, vm) in stays)
        {
            await Until.True(
                async () => (string?)(await Guest(guest))["vm"]!["state"] is "left" or "destroyed", Soon, "its end has come to an end");
            ended.Add((await Guest(guest), vm));
        }

        return ended;
    }

    private async Task<string> End(string end, Caller key, Guid vm)
    {
        var stay = await Given(key, vm.ToString(), end is "expiry" ? TimeSpan.FromSeconds(4).TotalHours : 1);
        var guest = stay["guestId"]!;
        switch (end)
        {
            case "kill":
                (await key.Delete($"/couch/guests/{guest}")).Is(200);
                break;
            case "check-out":
                (await couch.Anyone.Post("/couch/checkout", new { token = stay["authToken"] })).Is(200);
                break;
            case "limits":
                (await Host.Put($"/couch/guests/{guest}/usage", new { tokensUsed = 11 })).Is(200);
                break;
        }

        return guest;
    }

    private async Task<Answer> Given(Caller key, string vmId, double hours = 1)
    {
        var stay = await couch.Anyone.Redeem(
            await Host.Invite(new { createdBy = "noah", resourceLimits = new { maxTokenBudget = 10, maxDurationHours = hours } }));
        (await key.Post($"/couch/guests/{stay["guestId"]}/activate", new { vmId, agentEndpoint = "http://hand" })).Is(200);
        return stay;
    }

    private async Task<Caller> AKey(params string[] scopes) =>
        couch.With((await Host.Post("/couch/keys", new { name = string.Join(' ', scopes), scopes })).Is(201)["key"]!);

    private async Task<JsonNode> Guest(string id) => (await Host.Get($"/couch/guests/{id}")).Is(200).Json;

    /// <summary>A VM that somebody made at the provider without the couch.</summary>
    private async Task<Guid> AVm()
    {
        using var http = Account();
        using var made = await http.PostAsJsonAsync(
            new Uri($"{vers.Url}/vm/from_commit"), new { commit_id = vers.Options.Commit }, TestContext.Current.CancellationToken);
        return (Guid)JsonNode.Parse(await made.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["vm_id"]!;
    }

    private async Task Label(Guid vm, string guest, string installation)
    {
        using var http = Account();
        var labels = new Dictionary<string, string> { ["couch.guest"] = guest, ["couch.installation"] = installation };
        using var labelled = await http.PatchAsJsonAsync(
            new Uri($"{vers.Url}/vm/{vm}/label"), new { labels }, TestContext.Current.CancellationToken);
        labelled.EnsureSuccessStatusCode();
    }

    /// <summary>The couch's mark, as a VM of its own carries it.</summary>
    private async Task<string> Mark()
    {
        var stay = await couch.Anyone.Redeem(await Host.Invite());
        var running = (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=30")).Is(200);
        return vers.Vms.Look(Guid.Parse(running["vmId"]!))!.Labels["couch.installation"];
    }

    private HttpClient Account()
    {
        var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", vers.Options.Key);
        return http;
    }
}
