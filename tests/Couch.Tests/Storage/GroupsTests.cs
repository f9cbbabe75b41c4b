using Couch.Cluster.Storage.Postgres;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>What waits for a lane goes together.</summary>
public sealed class GroupsTests
{
    private const int Most = 5;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private readonly FakeTimeProvider clock = new();
    private readonly List<int> sizes = [];
    private readonly Groups<Call> groups;

    public GroupsTests() => groups = new(lanes: 2, Most, Together, clock);

    [Fact]
    public async Task A_call_that_finds_a_lane_free_runs_alone_and_those_that_do_not_go_together()
    {
        Call[] first = [new(), new()];
        var running = first.Select(groups.Run).ToList();
        var calls = Enumerable.Range(0, 2 * Most + 1).Select(_ => new Call()).ToList();

        running.AddRange(calls.Select(groups.Run));
        Assert.All(first, call => Assert.True(call.IsAlone));
        Array.ForEach(first, call => call.Finish());
        await Task.WhenAll(running).WaitAsync(Bound);

        Assert.DoesNotContain(calls, call => call.IsAlone);
        Assert.Equal([1, Most, Most], sizes.Order());
    }

    [Fact]
    public async Task A_lane_goes_on_after_a_call_that_fails()
    {
        var groups = new Groups<Call>(lanes: 1, Most, Together, clock);
        for (var round = 0; round < 10; round++)
        {
            Call failed = new(), next = new();
            Task[] running = [groups.Run(failed), groups.Run(next)];
            next.Finish();
            failed.Finish(new InvalidOperationException("refused"));

            await Assert.ThrowsAsync<InvalidOperationException>(() => running[0].WaitAsync(Bound));
            await running[1].WaitAsync(Bound);
        }
    }

    [Fact]
    public async Task What_a_lock_holds_up_holds_up_no_other()
    {
        Call[] stuck = [new(), new()];
        var running = stuck.Select(groups.Run).ToList();

        var others = Enumerable.Range(0, 3).Select(_ => groups.Run(new())).ToList();
        Assert.DoesNotContain(others, one => one.IsCompleted);
        clock.Advance(Groups<Call>.Slow);
        await Task.WhenAll(others).WaitAsync(Bound);

        Assert.All(running, one => Assert.False(one.IsCompleted));
        Array.ForEach(stuck, call => call.Finish());
        await Task.WhenAll(running).WaitAsync(Bound);
    }

    [Fact]
    public async Task Each_of_very_many_is_answered()
    {
        var calls = Enumerable.Range(0, 10_000).Select(_ => new Call()).ToList();
        calls.ForEach(call => call.Finish());

        await Parallel.ForEachAsync(calls, async (call, _) => await groups.Run(call)).WaitAsync(Bound);

        Assert.All(sizes, size => Assert.InRange(size, 1, Most));
    }

    private Task Together(IReadOnlyList<Call> calls)
    {
        lock (sizes)
            sizes.Add(calls.Count);
        foreach (var call in calls)
            call.Answer();
        return Task.CompletedTask;
    }

    private sealed class Call : GroupedCall
    {
        private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsAlone { get; private set; }

        public override Task RunAlone()
        {
            IsAlone = true;
            return finished.Task;
        }

        public void Finish() => finished.TrySetResult();

        public void Finish(Exception failure) => finished.TrySetException(failure);
    }
}
