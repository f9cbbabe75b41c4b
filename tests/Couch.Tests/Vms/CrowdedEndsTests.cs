using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>Many stays end at once: each VM is destroyed without delay, and few lists confirm that all are gone.</summary>
public sealed class CrowdedEndsTests : IAsyncLifetime
{
    private const string Installation = "this-couch";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(5);
    private readonly WatchedClock clock = new();
    private VersAtHand at = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => at = await VersAtHand.Start(clock);

    public ValueTask DisposeAsync() => at.DisposeAsync();

    [Fact]
    public async Task A_guests_own_vm_is_destroyed_before_anything_is_asked()
    {
        var (guest, vm) = await AVm();
        var before = at.Vers.Journal.Entries.Count;

        await Release(guest, vm);

        Assert.Equal([Call.Destroy, Call.List], at.Vers.Journal.Entries.Skip(before).Select(entry => entry.Call));
        Assert.Empty(at.Vers.Vms.Left);
    }

    [Fact]
    public async Task A_hundred_ends_are_confirmed_by_a_few_lists()
    {
        var guests = new List<(GuestId Guest, string Vm)>();
        for (var i = 0; i < 100; i++)
            guests.Add(await AVm());
        at.Vers.Faults.Next(Call.List, new Effect.DoLate(Held));

        var releases = Task.WhenAll(guests.Select(one => Release(one.Guest, one.Vm)));
        await clock.IsWaiting(Held);
        await Until.True(() => Task.FromResult(at.Vers.Vms.Left.Count is 0), Bound, "all VMs are destroyed while the list hangs");
        clock.Advance(Held);
        await releases.WaitAsync(Bound, Cancel);

        // One that is held, one for all who came meanwhile, and more only for answers that were still on their way.
        Assert.Equal(100, at.Vers.Journal.Count(Call.Destroy));
        Assert.InRange(at.Vers.Journal.Count(Call.List), 2, 5);
    }

    [Fact]
    public async Task A_list_that_began_before_a_vm_was_destroyed_does_not_confirm_that_it_is_gone()
    {
        var (guest, vm) = await AVm();
        at.Vers.Faults.Next(Call.List, new Effect.AnswerLate(Held));
        var listing = at.Host.List(Cancel);
        await clock.IsWaiting(Held);

        var releasing = Release(guest, vm);
        await Until.True(() => Task.FromResult(at.Vers.Vms.Left.Count is 0), Bound, "the VM is destroyed");
        Assert.Equal(1, at.Vers.Journal.Count(Call.List));
        clock.Advance(Held);
        await releasing.WaitAsync(Bound, Cancel);

        Assert.Single(await listing);
        Assert.Equal((1, 2), (at.Vers.Journal.Count(Call.Destroy), at.Vers.Journal.Count(Call.List)));
    }

    [Fact]
    public async Task Whoever_stops_waiting_for_a_list_takes_it_from_nobody()
    {
        at.Vers.Faults.Next(Call.List, new Effect.DoLate(Held));
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var (one, other) = (at.Host.List(impatient.Token), at.Host.List(Cancel));
        await clock.IsWaiting(Held);

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        clock.Advance(Held);
        Assert.Empty(await other.WaitAsync(Bound, Cancel));
    }

    [Fact]
    public async Task A_list_that_fails_fails_for_all_who_wait_and_the_next_is_another()
    {
        at.Vers.Faults.Next(Call.List, Effect.TooMany(TimeSpan.FromHours(1)));
        var (one, other) = (at.Host.List(Cancel), at.Host.List(Cancel));

        await Assert.ThrowsAsync<VmProviderException>(() => one);
        await Record.ExceptionAsync(() => other);
        Assert.Empty(await at.Host.List(Cancel));
    }

    [Fact]
    public async Task Between_two_lists_there_is_a_rest_of_twice_as_long_as_the_first_took()
    {
        var took = TimeSpan.FromMilliseconds(200);
        at.Vers.Faults.Next(Call.List, new Effect.AnswerLate(took));
        var first = at.Host.List(Cancel);
        await clock.IsWaiting(took);
        clock.Advance(took);
        await first.WaitAsync(Bound, Cancel);

        var second = at.Host.List(Cancel);
        await clock.IsWaiting(2 * took);
        Assert.Equal(1, at.Vers.Journal.Count(Call.List));
        clock.Advance(2 * took);
        await second.WaitAsync(Bound, Cancel);
    }

    private async Task<(GuestId Guest, string Vm)> AVm()
    {
        var guest = GuestId.New(Some.Time, Some.Random);
        var made = await at.Host.Ensure(
            new() { Guest = guest, Installation = Installation, MayExist = false, Limits = ResourceLimits.Default,
                Permissions = Permissions.Default }, Cancel);
        return (guest, made.VmId);
    }

    private Task<VmReport.Gone> Release(GuestId guest, string vm) =>
        at.Host.Release(guest, Installation, new VmStep.Release(vm, Given: null), id => at.Host.Destroy(id, Cancel), Cancel);
}
