using System.Collections.Concurrent;

namespace Couch.Bench.Load;

/// <summary>The bare side's load: so many workers, each its next piece of work as soon as the last one is durable.</summary>
internal static class Workers
{
    /// <param name="next">The next piece of work; null when there is none left, which ends the round early.</param>
    public static async Task<Round> Run(int workers, TimeSpan time, Func<Func<Task>?> next)
    {
        var clock = TimeProvider.System;
        var latencies = new ConcurrentBag<List<TimeSpan>>();
        var began = clock.GetTimestamp();

        async Task Work()
        {
            var mine = new List<TimeSpan>();
            while (clock.GetElapsedTime(began) < time && next() is { } work)
            {
                var start = clock.GetTimestamp();
                await work();
                mine.Add(clock.GetElapsedTime(start));
            }

            latencies.Add(mine);
        }

        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(Work)));
        var lasted = clock.GetElapsedTime(began);
        var all = latencies.SelectMany(mine => mine).Order().ToList();
        return new Round(all.Count, all.Count, lasted, all[all.Count / 2], all[all.Count * 99 / 100]);
    }
}
