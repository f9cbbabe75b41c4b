using Xunit;

namespace Couch.Tests.Support;

/// <summary>Waiting on a condition, with a bound.</summary>
internal static class Until
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    /// <summary>Looks again and again, for as long as <paramref name="bound"/> at the most.</summary>
    public static async Task<bool> Holds(Func<Task<bool>> claim, TimeSpan bound)
    {
        var clock = TimeProvider.System;
        var began = clock.GetTimestamp();
        while (!await claim())
        {
            if (clock.GetElapsedTime(began) >= bound)
                return false;
            await Task.Delay(Look, clock);
        }

        return true;
    }

    /// <summary>Fails the test where the claim does not come true within the bound.</summary>
    public static async Task True(Func<Task<bool>> claim, TimeSpan bound, string what) =>
        Assert.True(await Holds(claim, bound), $"{what}: not within {bound}");

    /// <summary>Asks again and again until the answer is as claimed, and hands it over.</summary>
    public static async Task<T> Gives<T>(Func<Task<T>> ask, Func<T, bool> claim, TimeSpan bound, string what)
    {
        var answer = await ask();
        Assert.True(
            await Holds(async () => claim(answer) || claim(answer = await ask()), bound), $"{what}: not within {bound}, but last {answer}");
        return answer;
    }
}
