using Couch.Domain.Guests;
using Couch.Tests.Support;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>A node ends while it has calls at the provider under way.</summary>
public sealed class NodeShutdownTests(VersCouchOnSqlite couch) : IClassFixture<VersCouchOnSqlite>
{
    private static readonly TimeSpan Held = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_vm_that_is_being_made_is_claimed_before_its_node_ends()
    {
        var isHeld = couch.Hold(new Step("create done", Call.Create, IsDone: true), Held);
        var guest = await couch.AGuest();
        await isHeld();

        var stop = couch.Stop();
        Assert.False(stop.IsCompleted);
        couch.ProviderClock.Advance(Held);
        await stop.WaitAsync(Soon, TestContext.Current.CancellationToken);

        Assert.Single(couch.ClaimedBy(guest.Id));
        Assert.Single(couch.Vers.Vms.Left);
        await couch.Restart();
        await couch.AdvanceUntil(TimeSpan.FromMinutes(5), async () => (await couch.Row(guest.Id))!.Status is GuestStatus.Running);
        Assert.Single(couch.Vers.Vms.Left);
        await couch.Guest(guest.Id).Kill();
        await couch.HasReceipt(guest.Id);
    }

    [Fact]
    public async Task A_node_ends_at_once_though_calls_hang_and_others_wait_to_be_repeated()
    {
        var hanging = await couch.AGuest();
        await couch.IsRunning(hanging.Id);
        couch.Vers.Faults.Always(Call.Destroy, new Effect.Hang());
        await couch.Guest(hanging.Id).Kill();
        var asked = couch.Vers.Journal.Count(Call.Status);
        couch.Vers.Faults.Always(Call.Status, new Effect.Answer(503));
        var repeating = await couch.AGuest();
        await Until.True(
            () => Task.FromResult(couch.Vers.Journal.Count(Call.Destroy) > 0 && couch.Vers.Journal.Count(Call.Status) > asked), Soon,
            "both are under way");

        // The clock stands still: neither a bound nor a repetition ends anything.
        await couch.Stop().WaitAsync(Soon, TestContext.Current.CancellationToken);
        couch.Vers.Faults.Heal();
        await couch.Restart().WaitAsync(Soon, TestContext.Current.CancellationToken);
        await couch.AdvanceUntil(TimeSpan.FromMinutes(5), async () => (await couch.Row(hanging.Id))!.Vm.DestroyedAt is not null);
        await couch.AdvanceUntil(TimeSpan.FromMinutes(5), async () => (await couch.Row(repeating.Id))!.Status is GuestStatus.Running);
        await couch.Guest(repeating.Id).Kill();
        await couch.HasReceipt(repeating.Id);
    }
}
