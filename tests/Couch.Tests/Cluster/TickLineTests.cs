using System.Reflection;
using Couch.Cluster.Delivery;
using Couch.Tests.Support;
using Microsoft.Extensions.Hosting;
using Orleans.Serialization.Invocation;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>Very many grains are due at one moment, and their ticks are sent a few at a time.</summary>
public sealed class TickLineTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private readonly Process process = new();
    private readonly TickLine line;

    public TickLineTests() => line = new(process);

    public void Dispose()
    {
        line.Dispose();
        process.Stopping.Dispose();
    }

    [Fact]
    public async Task No_more_ticks_of_a_kind_are_under_way_than_the_line_lets_through_and_each_has_its_turn()
    {
        var ticks = Enumerable.Range(0, 100).Select(number => new CallOfGrain("guest", $"{number}")).ToList();
        var sent = ticks.Select(tick => line.Invoke(tick)).ToList();

        var most = 0;
        while (ticks.Exists(tick => !tick.IsAnswered))
        {
            var underWay = ticks.FindAll(tick => tick.IsUnderWay);
            most = Math.Max(most, underWay.Count);
            underWay[0].Answer();
            var left = ticks.Count(tick => !tick.IsAnswered);
            await Until.True(
                () => Task.FromResult(ticks.Count(tick => tick.IsUnderWay) == Math.Min(left, TickLine.AtOnce)), Bound, "the next has its turn");
        }

        await Task.WhenAll(sent).WaitAsync(Bound);
        Assert.Equal(TickLine.AtOnce, most);
    }

    [Fact]
    public async Task A_kind_whose_ticks_hang_keeps_no_other_kind_and_no_other_call_waiting()
    {
        var hanging = Enumerable.Range(0, 100).Select(number => line.Invoke(new CallOfGrain("webhook", $"{number}"))).ToList();
        var end = new CallOfGrain("guest", "1");
        var poll = new CallOfGrain("webhook", "1", "Look");

        var sent = new[] { line.Invoke(end), line.Invoke(poll) };
        Assert.True(end.IsUnderWay && poll.IsUnderWay);
        end.Answer();
        poll.Answer();
        await Task.WhenAll(sent).WaitAsync(Bound);

        await process.Stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hanging[^1].WaitAsync(Bound));
    }

    [Fact]
    public async Task A_tick_that_fails_gives_its_turn_back_and_its_failure_is_told()
    {
        for (var number = 0; number < TickLine.AtOnce * 2; number++)
        {
            var tick = new CallOfGrain("guest", $"{number}");
            var sent = line.Invoke(tick);
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
    private sealed class CallOfGrain(string kind, string id, string method = nameof(IRemindable.ReceiveReminder)) : IOutgoingGrainCallContext
    {
        private readonly TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool isSent;

        public bool IsUnderWay => isSent && !IsAnswered;

        public bool IsAnswered => answer.Task.IsCompleted;

        public GrainId TargetId { get; } = GrainId.Create(kind, id);

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
