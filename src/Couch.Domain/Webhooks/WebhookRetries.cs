namespace Couch.Domain.Webhooks;

/// <summary>The pause after a failed delivery: at most 5 s at first, doubling up to an hour, with jitter.</summary>
public static class WebhookRetries
{
    private const int Doublings = 10;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Most = TimeSpan.FromHours(1);

    /// <summary>The pause before the next attempt.</summary>
    /// <param name="failures">The number of failures in a row; at least 1.</param>
    /// <param name="jitter">From 0 up to 1: spreads retries of what failed at the same time.</param>
    public static TimeSpan After(int failures, double jitter)
    {
        var full = failures > Doublings ? Most : TimeSpan.FromTicks(Math.Min(First.Ticks << (failures - 1), Most.Ticks));
        return full * (0.5 + (jitter / 2));
    }
}
