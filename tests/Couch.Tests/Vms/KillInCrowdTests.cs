using Couch.Domain.Guests;
using Couch.Tests.Support;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Harms;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>A host ends a stay while the ends of very many others stand in line at the provider.</summary>
public sealed class KillInCrowdTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_kill_reaches_the_provider_at_once_though_more_guests_expire_than_it_takes_calls()
    {
        await using var couch = await VmCouch.Start(vms: new() { CallsAtOnce = 4, MeterEvery = TimeSpan.Zero });
        var crowd = new List<Guest>();
        for (var i = 0; i < 8; i++)
            crowd.Add(await couch.AGuest(ResourceLimits.Default with { MaxDurationHours = 1 }));
        var killed = await couch.ARunningGuest();
        foreach (var guest in crowd)
            await couch.BecomesTrue(guest.Id, row => row.Status is GuestStatus.Running, "it runs");
        couch.At.Vers.Harm.Always(Call.Destroy, new Effect.Hang());

        couch.Clock.Advance(TimeSpan.FromHours(1));
        foreach (var guest in crowd)
            await couch.Guest(guest.Id).Settle();
        await Until.True(() => Task.FromResult(Asked() is 3), Soon, "the crowd has the places it may have");
        Assert.IsType<EndOutcome.Ended>(await couch.Guest(killed.Id).Kill());

        await Until.True(() => Task.FromResult(Asked() is 4), Soon, "the kill has reached the provider");
        Assert.Contains(couch.At.Vers.Journal.Entries, call => call.Call is Call.Destroy && call.Path.Contains(killed.Vm.Id!, StringComparison.Ordinal));
        couch.At.Vers.Harm.Heal();

        int Asked() => couch.At.Vers.Journal.Count(Call.Destroy);
    }
}
