using Couch.Cluster.Housekeeping;
using Couch.Cluster.Summary;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Couch.Tests.Vms;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Summary;

/// <summary>One call says what is there, what is used, and what is owed.</summary>
public sealed class SummaryTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Guests_and_invites_are_counted_by_the_status_that_they_have_now()
    {
        await using var couch = await CouchHost.Start();
        var host = couch.Anyone;
        await host.Invite();
        await host.OverdueInvite();
        await host.Delete($"/couch/invites/{(await host.Invite())["id"]}");
        var killed = await host.Arrive();
        await host.Delete($"/couch/guests/{killed["guestId"]}");
        var running = await host.Arrive();
        await host.Post($"/couch/guests/{running["guestId"]}/activate", new { vmId = "vm-1", agentEndpoint = "https://vm-1" });
        await host.Arrive();

        var summary = (await host.Get("/couch/summary")).Is(200);

        Assert.Equal("""{"provisioning":1,"running":1,"stopped":0,"expired":0,"revoked":1}""", summary.Json["guests"]!.ToJsonString());
        Assert.Equal("""{"active":1,"redeemed":3,"revoked":1,"expired":1}""", summary.Json["invites"]!.ToJsonString());
        Assert.Equal(
            """{"destroysOutstanding":0,"oldestDestroySeconds":null,"unclaimedVms":null,"provisioningOverAMinute":0}""",
            summary.Json["owed"]!.ToJsonString());
    }

    [Fact]
    public async Task What_staying_guests_have_used_is_added_up()
    {
        await using var couch = await CouchHost.Start();
        var host = couch.Anyone;
        foreach (var tokens in new[] { 100, 20, 3 })
        {
            var guest = await host.Arrive();
            await host.Put($"/couch/guests/{guest["guestId"]}/usage", new { tokensUsed = tokens, cpuSeconds = 0.5 });
            if (tokens is 3)
                await host.Delete($"/couch/guests/{guest["guestId"]}");
        }

        // Counters reach the table within a second.
        await Until.True(
            async () => (await host.Get("/couch/summary")).Is(200).Json["usage"] is { } usage
                && (int)usage["tokensUsed"]! == 120 && (double)usage["cpuSeconds"]! == 1, Bound, "the usage is added up");
    }

    [Fact]
    public async Task What_is_owed_is_counted_until_it_is_done()
    {
        await using var couch = await VmCouch.Start();
        var rows = new SummaryRows(couch.Database);
        var guest = await couch.ARunningGuest();
        couch.At.Vers.Faults.Always(Call.Destroy, new Effect.Answer(500));
        await couch.Guest(guest.Id).Kill();
        var unclaimed = await couch.AVm();
        couch.Clock.Advance(VmReconciliation.Grace);
        await couch.Housekeeping.SweepVms();

        var owed = await rows.Read(couch.Clock.Now(), TestCouch.Cancel);

        Assert.Equal(1, owed.DestroysOutstanding);
        Assert.Equal((await couch.Row(guest.Id))!.StoppedAt, owed.OldestDestroy);
        Assert.Equal(new ProviderSeen("vers", 1), await couch.Housekeeping.LookAtProvider());
        Assert.Contains(unclaimed, couch.Left);

        couch.At.Vers.Faults.Heal();
        await Until.True(
            async () =>
            {
                couch.Clock.Advance(TimeSpan.FromSeconds(30));
                return (await couch.Row(guest.Id))!.Vm.DestroyedAt is not null;
            }, Bound, "the receipt");
        var paid = await rows.Read(couch.Clock.Now(), TestCouch.Cancel);
        Assert.Equal((0, null), (paid.DestroysOutstanding, paid.OldestDestroy));
    }

    [Fact]
    public async Task The_vm_of_a_guest_that_was_given_another_is_owed_until_it_is_destroyed()
    {
        await using var couch = await VmCouch.Start();
        var rows = new SummaryRows(couch.Database);
        couch.At.Vers.Faults.Next(Call.Create, new Effect.DoLate(TimeSpan.FromSeconds(1)));
        var guest = await couch.AGuest();
        await couch.Guest(guest.Id).Activate("by-hand", "http://hand");

        var owed = await rows.Read(couch.Clock.Now(), TestCouch.Cancel);

        Assert.Equal((1, couch.Clock.Now()), (owed.DestroysOutstanding, owed.OldestDestroy));
        await Until.True(
            async () =>
            {
                couch.Clock.Advance(TimeSpan.FromSeconds(1));
                return (await rows.Read(couch.Clock.Now(), TestCouch.Cancel)).DestroysOutstanding is 0;
            }, Bound, "it is destroyed");
        Assert.Equal(VmState.None, (await couch.Row(guest.Id))!.Vm.State);
    }

    [Fact]
    public async Task A_guest_that_waits_for_its_vm_for_over_a_minute_is_owed_one()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.Now());
        await using var couch = await CouchHost.Start(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        await couch.Anyone.Arrive();
        Assert.Equal(0, (int)(await couch.Anyone.Get("/couch/summary")).Is(200).Json["owed"]!["provisioningOverAMinute"]!);

        clock.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal(1, (int)(await couch.Anyone.Get("/couch/summary")).Is(200).Json["owed"]!["provisioningOverAMinute"]!);
    }

    [Fact]
    public async Task Many_who_ask_at_once_each_see_what_was_there_when_they_asked()
    {
        await using var couch = await CouchHost.Start();
        for (var guests = 1; guests <= 20; guests++)
        {
            var asking = Enumerable.Range(0, 8).Select(_ => couch.Anyone.Get("/couch/summary")).ToList();
            await couch.Anyone.Arrive();
            Assert.Equal(guests, (int)(await couch.Anyone.Get("/couch/summary")).Is(200).Json["guests"]!["provisioning"]!);
            await Task.WhenAll(asking);
        }
    }
}
