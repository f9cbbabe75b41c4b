namespace Couch.Domain.Webhooks;

/// <summary>How long a receiver that failed is left alone: within 5 s first, doubling to an hour, and never in step with others.</summary>
public static class WebhookRetries
{
    private const int Doublings = 10;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Most = TimeSpan.FromHours(1);

    /// <param name="failures">How many there have been; at least 1.</param>
    /// <param name="chance">From 0 up to 1: spreads those who failed together.</param>
    public static TimeSpan After(int failures, double chance)
    {
        var full = failures > Doublings ? Most : TimeSpan.FromTicks(Math.Min(First.Ticks << (failures - 1), Most.Ticks));
        return full * (0.5 + (chance / 2));
    }
}
