using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Couch.Tests.Support;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>A host ends a stay while the ends of very many others stand in line at the provider.</summary>
public sealed class KillInCrowdTests
{
    /// <summary>Of four places each of the two nodes gives a crowd three.</summary>
    private const int Places = 4;

    private const int OfTheCrowd = 2 * 3;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_kill_reaches_the_provider_at_once_though_more_guests_expire_than_it_takes_calls()
    {
        await using var couch = await VmCouch.Start(vms: new() { CallsAtOnce = Places, MeasureEvery = TimeSpan.Zero });
        var crowd = new List<Guest>();
        // As many as do not wait for one another's ends.
        for (var i = 0; i < Lull.Few; i++)
            crowd.Add(await couch.AGuest(ResourceLimits.Default with { MaxDurationHours = 1 }));
        var killed = await couch.ARunningGuest();
        foreach (var guest in crowd)
            await couch.BecomesTrue(guest.Id, row => row.Status is GuestStatus.Running, "it runs");

        couch.At.Vers.Faults.Always(Call.Destroy, new Effect.DoLate(Held));
        couch.Clock.Advance(TimeSpan.FromHours(1));
        foreach (var guest in crowd)
            await couch.Guest(guest.Id).Settle();
        try
        {
            await Until.True(() => Task.FromResult(Asked() is OfTheCrowd), Soon, "the crowd has the places it may have");
            Assert.IsType<EndOutcome.Ended>(await couch.Guest(killed.Id).Kill());
            await Until.True(() => Task.FromResult(Asked() is OfTheCrowd + 1), Soon, "the kill has reached the provider");
            Assert.Contains(couch.At.Vers.Journal.Entries, call => call.Call is Call.Destroy && call.Path.Contains(killed.Vm.Id!,
                StringComparison.Ordinal));
        }
        finally
        {
            couch.At.Vers.Faults.Heal();
            couch.Clock.Advance(Held);
        }

        await Until.True(() => Task.FromResult(couch.Left.Count is 0), Soon, "all VMs are gone");

        int Asked() => couch.At.Vers.Journal.Count(Call.Destroy);
    }
}
