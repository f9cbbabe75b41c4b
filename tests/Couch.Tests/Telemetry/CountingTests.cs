using System.Diagnostics.Metrics;
using Couch.Cluster;
using Couch.Cluster.Housekeeping;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Telemetry;

/// <summary>What happens is counted, once each time.</summary>
public sealed class CountingTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private SimulatedVers vers = null!;
    private CouchHost couch = null!;
    private MeterReading reading = null!;

    public async ValueTask InitializeAsync()
    {
        vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.FromMilliseconds(50) });
        couch = await CouchHost.Start(NodeSettings.Of(vers).AsArguments());
        reading = new(couch.App.Services.GetRequiredService<IMeterFactory>());
    }

    public async ValueTask DisposeAsync()
    {
        reading.Dispose();
        await couch.DisposeAsync();
        await vers.DisposeAsync();
    }

    [Fact]
    public async Task An_invite_is_counted_as_it_is_written_spent_and_taken_back()
    {
        await couch.Anyone.Arrive();
        var invite = await couch.Anyone.Invite();
        (await couch.Anyone.Delete($"/couch/invites/{invite["id"]}")).Is(200);
        await couch.Anyone.Delete($"/couch/invites/{invite["id"]}");
        await couch.Anyone.Redeem(invite);

        Assert.Equal(
            (2, 1, 1), (reading.Sum("couch.invite.created"), reading.Sum("couch.invite.redeemed"), reading.Sum("couch.invite.revoked")));
    }

    [Fact]
    public async Task A_stay_is_counted_from_its_vm_to_its_end_and_both_are_timed()
    {
        vers.Faults.Next(Call.Create, new Effect.Answer(503));
        var stay = await couch.Anyone.Arrive();
        (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=30")).Is(200);
        await Until.True(() => Task.FromResult(reading.Sum("couch.guest.activated") == 1), Soon, "it is counted as running");
        vers.Faults.Next(5, Call.Destroy, new Effect.Answer(500));
        (await couch.Anyone.Delete($"/couch/guests/{stay["guestId"]}")).Is(200);
        await Until.True(() => Task.FromResult(reading.Times("couch.vm.destroy.duration vers") == 1), Soon, "the receipt is timed");

        Assert.Equal(1, reading.Sum("couch.guest.ended killed"));
        Assert.Equal(1, reading.Times("couch.vm.provision.duration vers"));
        Assert.InRange(reading.Sum("couch.vm.provision.duration vers"), 0.05, 30);
        Assert.Equal((1, 1), (reading.Sum("couch.vm.retries provision"), reading.Sum("couch.vm.retries destroy")));
        Assert.Equal(
            (1, 1), (reading.Times("couch.vm.call.duration vers ensure failed"), reading.Times("couch.vm.call.duration vers ensure ok")));
        Assert.Equal(
            (1, 1), (reading.Times("couch.vm.call.duration vers destroy failed"), reading.Times("couch.vm.call.duration vers destroy ok")));
    }

    [Fact]
    public async Task A_stream_is_counted_while_it_is_open_with_what_was_sent_into_it_and_how_soon_that_was_seen()
    {
        Assert.Equal(0, reading.Now("couch.event.followers"));
        await using (var stream = await EventReader.Open(couch.Address, null))
        {
            await Until.True(() => Task.FromResult(reading.Now("couch.event.followers") == 1), Soon, "it is followed");
            await couch.Anyone.Invite();
            await stream.Until("couch.invite.created", Soon);
            await Until.True(() => Task.FromResult(reading.Sum("couch.event.sent") == 1), Soon, "it is counted as sent");
            await Until.True(() => Task.FromResult(reading.Times("couch.event.lag") == 1), Soon, "its lag is known");
            Assert.InRange(reading.Sum("couch.event.lag"), 0, Soon.TotalSeconds);
        }

        await Until.True(() => Task.FromResult(reading.Now("couch.event.followers") == 0), Soon, "nobody follows");
    }

    [Fact]
    public async Task A_create_whose_outcome_nobody_knows_is_counted_and_the_record_says_so()
    {
        vers.Faults.Next(Call.Create, new Effect.LoseReply());
        var stay = await couch.Anyone.Arrive();
        await Until.True(async () => (int)(await Guest())["vm"]!["unaccounted"]! is 1, Soon, "it is on the record");
        Assert.Equal(1, (int)(await couch.Anyone.Get($"/couch/guests/{stay["guestId"]}/status")).Is(200).Json["vm"]!["unaccounted"]!);
        Assert.Equal(1, reading.Sum("couch.vm.unaccounted"));

        async Task<System.Text.Json.Nodes.JsonNode> Guest() => (await couch.Anyone.Get($"/couch/guests/{stay["guestId"]}")).Is(200).Json;
    }

    [Fact]
    public async Task Housekeeping_counts_the_guests_there_are()
    {
        vers.Faults.Always(Call.Create, new Effect.Answer(503));
        await couch.Anyone.Arrive();
        var killed = await couch.Anyone.Arrive();
        (await couch.Anyone.Delete($"/couch/guests/{killed["guestId"]}")).Is(200);
        await couch.App.Services.GetRequiredService<IGrainFactory>().GetGrain<IHousekeepingGrain>(IHousekeepingGrain.Key).Sweep();

        Assert.Equal((1, 1, 0), (reading.Now("couch.guest.count provisioning"), reading.Now("couch.guest.count revoked"),
            reading.Now("couch.guest.count running")));
        Assert.Equal((0, 0), (reading.Sum("couch.housekeeping.found overdue-row"), reading.Sum("couch.housekeeping.found missing-guest")));
    }
}
