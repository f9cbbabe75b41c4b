using Couch.Cluster.Housekeeping;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>A host knows a guest by the event of its redemption. After a crash the guest's own row comes up to a minute later.</summary>
public sealed class EarlyGuestTests : IAsyncLifetime
{
    private readonly Faults faults = new();
    private CouchHost couch = null!;

    private Caller Host => couch.Anyone;

    public async ValueTask InitializeAsync() => couch = await CouchHost.Start(builder => builder.UseOrleans(faults.Install));

    public ValueTask DisposeAsync() => couch.DisposeAsync();

    [Fact]
    public async Task A_guest_that_has_no_row_yet_is_killed_and_does_not_arrive_later()
    {
        var guest = await Early();

        var killed = (await Host.Sending("Idempotency-Key", "k").Delete(guest)).Is(200);

        Assert.Equal("revoked", killed["status"]);
        Assert.Equal(killed.Body, (await Host.Sending("Idempotency-Key", "k").Delete(guest)).Is(200).Body);
        var housekeeping = couch.App.Services.GetRequiredService<IGrainFactory>().GetGrain<IHousekeepingGrain>(IHousekeepingGrain.Key);
        Assert.Equal(0, (await housekeeping.Start()).Arrived);
        Assert.Equal("killed", (await Host.Get(guest)).Is(200)["endReason"]);
    }

    [Fact]
    public async Task Whatever_else_a_host_asks_of_it_is_answered_as_for_any_guest()
    {
        (await Host.Get(await Early())).Is(200);
        (await Host.Get($"{await Early()}/status")).Is(200);
        (await Host.Get($"{await Early()}/events")).Is(200);
        (await Host.Post($"{await Early()}/activate", new { vmId = "vm-1", agentEndpoint = "http://vm-1" })).Is(200);
        (await Host.Post($"{await Early()}/extend", new { hours = 1 })).Is(200);
        (await Host.Put($"{await Early()}/usage", new { tokensUsed = 1 })).Is(200);
    }

    [Fact]
    public async Task Guests_that_have_no_row_yet_are_killed_by_their_ids()
    {
        var (one, two) = (await Early(), await Early());

        (await Host.Post("/couch/guests/kill", new { ids = new[] { Id(one) } })).Is(200);
        (await Host.Post("/couch/guests/kill", new { ids = new[] { Id(two) }, createdBy = "noah" })).Is(200);

        Assert.Equal("revoked", (await Host.Get(one))["status"]);
        Assert.Equal("revoked", (await Host.Get(two))["status"]);
    }

    private static string Id(string path) => path.Split('/')[^1];

    /// <summary>The path of a guest whose redemption is written, and whose arrival a crash has prevented.</summary>
    private async Task<string> Early()
    {
        var invite = await Host.Invite();
        faults.CrashBeforeArrival();
        (await Host.Redeem(invite)).Refuses(503);
        var events = await Host.Get($"/couch/events?type=couch.invite.redeemed&subject={invite["id"]}");
        return $"/couch/guests/{events.Json["events"]![0]!["payload"]!["guestId"]}";
    }
}
