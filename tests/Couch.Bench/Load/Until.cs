using Couch.Bench.Processes;

namespace Couch.Bench.Load;

/// <summary>Waits for a condition, not for a time.</summary>
internal static class Until
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    public static Task True(Func<bool> condition, string what, TimeSpan? bound = null) =>
        True(() => Task.FromResult(condition()), what, bound);

    public static async Task True(Func<Task<bool>> condition, string what, TimeSpan? bound = null)
    {
        var clock = TimeProvider.System;
        var began = clock.GetTimestamp();
        while (!await condition())
        {
            if (clock.GetElapsedTime(began) > (bound ?? Bound))
                throw new FailedStartException($"not within {(bound ?? Bound).TotalSeconds:0} s: {what}");
            await Task.Delay(Look, clock);
        }
    }
}
