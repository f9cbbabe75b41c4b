using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace Couch.Tests.Support;

/// <summary>A clock that stands still, and tells what is waiting for it to move.</summary>
internal sealed class WatchedClock(DateTimeOffset? start = null) : FakeTimeProvider(start ?? Some.Time)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private readonly ConcurrentQueue<TimeSpan> waits = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        waits.Enqueue(dueTime);
        return timer;
    }

    /// <summary>How often somebody has begun to wait this long.</summary>
    public int Waits(TimeSpan wait) => waits.Count(one => one == wait);

    /// <summary>Somebody has begun to wait this long.</summary>
    public Task IsWaiting(TimeSpan wait) => Until.True(() => Task.FromResult(waits.Contains(wait)), Bound, $"somebody waits {wait}");
}
