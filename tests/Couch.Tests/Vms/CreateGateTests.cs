using Couch.Cluster.Vms;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>A provider that makes VMs and does not say so is asked for no more of them at a time than a node has places.</summary>
public sealed class CreateGateTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private readonly WatchedClock clock = new();
    private readonly CreateGate gate;

    public CreateGateTests() => gate = new(2, clock);

    public void Dispose() => gate.Dispose();

    [Fact]
    public async Task Creates_of_unknown_outcome_keep_their_places_and_one_comes_back_every_two_minutes()
    {
        await Fails(mayHaveMade: true);
        await Fails(mayHaveMade: true);

        var (third, fourth) = (Fails(mayHaveMade: true), Fails(mayHaveMade: true));
        Assert.False(third.IsCompleted || fourth.IsCompleted);
        await APlaceComesBack();
        await (await Task.WhenAny(third, fourth)).WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.False(third.IsCompleted && fourth.IsCompleted);
        await APlaceComesBack();
        await Task.WhenAll(third, fourth).WaitAsync(Bound, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_create_that_succeeds_gives_back_the_places_of_those_before_it()
    {
        await Fails(mayHaveMade: true);
        Assert.Equal(1, await gate.Run(() => Task.FromResult(1)));

        // Both places are free again.
        var both = new TaskCompletionSource<int>();
        var (one, other) = (gate.Run(() => both.Task), gate.Run(() => both.Task));
        var third = gate.Run(() => Task.FromResult(3));
        Assert.False(third.IsCompleted);
        both.SetResult(2);
        var made = await Task.WhenAll(one, other, third).WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.Equal([2, 2, 3], made);
    }

    [Fact]
    public async Task Places_come_back_one_at_a_time_however_often_a_create_succeeded_before()
    {
        for (var i = 0; i < 3; i++)
        {
            await Fails(mayHaveMade: true);
            Assert.Equal(i, await gate.Run(() => Task.FromResult(i)));
        }

        await Fails(mayHaveMade: true);
        await Fails(mayHaveMade: true);
        var (third, fourth) = (Fails(mayHaveMade: true), Fails(mayHaveMade: true));
        var waits = clock.Waits(VmReconciliation.Grace);
        await APlaceComesBack();
        await (await Task.WhenAny(third, fourth)).WaitAsync(Bound, TestContext.Current.CancellationToken);
        // Whatever gives places back waits again, once it has.
        await Until.True(() => Task.FromResult(clock.Waits(VmReconciliation.Grace) > waits), Bound, "the next place is waited for");
        Assert.False(third.IsCompleted && fourth.IsCompleted);
    }

    [Fact]
    public async Task A_create_that_was_refused_keeps_no_place()
    {
        for (var i = 0; i < 10; i++)
            await Fails(mayHaveMade: false).WaitAsync(Bound, TestContext.Current.CancellationToken);
    }

    private Task<VmProviderException> Fails(bool mayHaveMade) => Assert.ThrowsAsync<VmProviderException>(() =>
        gate.Run<int>(() => throw new VmProviderException("No answer") { MayHaveMade = mayHaveMade }));

    private async Task APlaceComesBack()
    {
        await clock.IsWaiting(VmReconciliation.Grace);
        clock.Advance(VmReconciliation.Grace);
    }
}
