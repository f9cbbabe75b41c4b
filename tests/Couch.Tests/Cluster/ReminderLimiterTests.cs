using System.Reflection;
using Couch.Cluster.Delivery;
using Couch.Tests.Support;
using Microsoft.Extensions.Hosting;
using Orleans.Serialization.Invocation;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>Very many grains are due at one moment, and their ticks are sent a few at a time.</summary>
public sealed class ReminderLimiterTests : IDisposable
{
    private const int AtOnce = 4;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private readonly Process process = new();
    private readonly ReminderLimiter limiter;

    public ReminderLimiterTests() => limiter = new(AtOnce, process);

    public void Dispose()
    {
        limiter.Dispose();
        process.Stopping.Dispose();
    }

    [Fact]
    public async Task No_more_ticks_are_under_way_than_there_are_places_and_each_has_its_turn()
    {
        var ticks = Enumerable.Range(0, 50).Select(number => new CallOfGrain($"{number}")).ToList();
        var sent = ticks.Select(tick => limiter.Invoke(tick)).ToList();

        while (ticks.Exists(tick => !tick.IsAnswered))
        {
            var left = ticks.Count(tick => !tick.IsAnswered);
            await Until.True(
                () => Task.FromResult(ticks.Count(tick => tick.IsUnderWay) == Math.Min(left, AtOnce)), Bound, "every place is taken");
            ticks.First(tick => tick.IsUnderWay).Answer();
        }

        await Task.WhenAll(sent).WaitAsync(Bound);
    }

    [Fact]
    public async Task Other_calls_do_not_wait_for_ticks_and_ticks_that_wait_are_given_up_when_the_process_stops()
    {
        var ticks = Enumerable.Range(0, AtOnce + 1).Select(number => limiter.Invoke(new CallOfGrain($"{number}"))).ToList();
        var poll = new CallOfGrain("1", "Look");

        var asked = limiter.Invoke(poll);
        Assert.True(poll.IsUnderWay);
        poll.Answer();
        await asked.WaitAsync(Bound);

        await process.Stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ticks[^1].WaitAsync(Bound));
    }

    [Fact]
    public async Task A_tick_that_fails_gives_its_turn_back_and_its_failure_is_told()
    {
        for (var number = 0; number < AtOnce * 2; number++)
        {
            var tick = new CallOfGrain($"{number}");
            var sent = limiter.Invoke(tick);
            tick.Fail(new TimeoutException("as the database"));
            await Assert.ThrowsAsync<TimeoutException>(() => sent.WaitAsync(Bound));
        }
    }

    private sealed class Process : IHostApplicationLifetime
    {
        public CancellationTokenSource Stopping { get; } = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => Stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => throw new NotSupportedException();
    }

    /// <summary>A call on its way to a grain, answered by the test.</summary>
    private sealed class CallOfGrain(string id, string method = nameof(IRemindable.ReceiveReminder))
        : IOutgoingGrainCallContext
    {
        private readonly TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool isSent;

        public bool IsUnderWay => isSent && !IsAnswered;

        public bool IsAnswered => answer.Task.IsCompleted;

        public GrainId TargetId { get; } = GrainId.Create("guest", id);

        public string MethodName => method;

        public IInvokable Request => throw new NotSupportedException();

        public object Grain => throw new NotSupportedException();

        public GrainId? SourceId => null;

        public GrainInterfaceType InterfaceType => default;

        public string InterfaceName => throw new NotSupportedException();

        public MethodInfo InterfaceMethod => throw new NotSupportedException();

        public IGrainContext? SourceContext => null;

        public object? Result { get; set; }

        public Response? Response { get; set; }

        public void Answer() => answer.SetResult();

        public void Fail(Exception failure) => answer.SetException(failure);

        public Task Invoke()
        {
            isSent = true;
            return answer.Task;
        }
    }
}
