namespace Couch.Domain.Vms;

/// <summary>How long to wait after a failure: within 2 s first, doubling to 60 s, and never in step with others.</summary>
public static class VmRetries
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(60);

    /// <param name="failures">How many there have been; at least 1.</param>
    /// <param name="chance">From 0 up to 1: spreads those who failed together.</param>
    public static TimeSpan After(int failures, double chance)
    {
        var full = failures > 6 ? Most : TimeSpan.FromTicks(Math.Min(First.Ticks << (failures - 1), Most.Ticks));
        return full * (0.5 + (chance / 2));
    }
}
