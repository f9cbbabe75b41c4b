using Couch.Domain.Guests;
using Couch.Tests.Support;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>A provider that hangs has at most so many calls of a kind under way, and none of them stands before a kill.</summary>
public sealed class BoundedCallsTests
{
    private const int AtOnce = 2;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Creates_that_hang_are_bounded_and_no_kill_waits_behind_them()
    {
        await using var couch = await VmCouch.Start(vms: new() { CallsAtOnce = AtOnce });
        await IsOneNode(couch);
        var guest = await couch.ARunningGuest();
        couch.At.Vers.Faults.Always(Call.Create, new Effect.Hang());
        for (var number = 0; number < AtOnce + 3; number++)
            await couch.AGuest();
        await HasUnderWay(couch, Call.Create);

        await couch.Guest(guest.Id).Kill();

        await couch.BecomesTrue(guest.Id, one => one.Vm.DestroyedAt is not null, "the receipt");
        Assert.Equal(AtOnce, UnderWay(couch, Call.Create));
    }

    [Fact]
    public async Task Measurements_that_hang_are_bounded_and_no_kill_waits_behind_them()
    {
        var every = TimeSpan.FromSeconds(5);
        await using var couch = await VmCouch.Start(
            vers => vers with { IsMetered = true }, new() { CallsAtOnce = AtOnce, MeasureEvery = every });
        await IsOneNode(couch);
        couch.At.Vers.Faults.Always(Call.Exec, new Effect.Hang());
        var guests = new List<Guest>();
        for (var number = 0; number < AtOnce + 3; number++)
            guests.Add(await couch.ARunningGuest());

        // A minute of measurements, none of which is answered.
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromMinutes(1); passed += every)
        {
            couch.Clock.Advance(every);
            await HasUnderWay(couch, Call.Exec);
        }

        foreach (var guest in guests)
            await couch.Guest(guest.Id).Kill();
        foreach (var guest in guests)
            await couch.BecomesTrue(guest.Id, one => one.Vm.DestroyedAt is not null, "the receipt");
    }

    /// <summary>The bound is a node's.</summary>
    private static Task IsOneNode(VmCouch couch) => couch.Restart();

    private static int UnderWay(VmCouch couch, Call call) =>
        couch.At.Vers.Journal.Entries.Count(entry => entry.Call == call && entry.Outcome is null);

    private static Task HasUnderWay(VmCouch couch, Call call) => Until.True(
        () =>
        {
            // A call that its caller has just given up may still be in the journal as under way.
            Assert.InRange(UnderWay(couch, call), 0, 2 * AtOnce);
            return Task.FromResult(UnderWay(couch, call) == AtOnce);
        },
        Bound, "as many calls as may be are under way");
}
