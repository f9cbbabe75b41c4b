namespace Couch.Domain.Vms;

/// <summary>
/// How long to wait after a failure: at most 2 s at first, doubling to 60 s, with a random part so that retries are not simultaneous.
/// </summary>
public static class VmRetries
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(60);

    /// <summary>The longest wait that a provider can ask for; a longer one is shortened to this.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(5);

    /// <summary>The pause before the next attempt.</summary>
    /// <param name="failures">How many there have been; at least 1.</param>
    /// <param name="jitter">From 0 up to 1: spreads retries of what failed at the same time.</param>
    /// <param name="retryAfter">
    /// How long the provider asked to wait; null where it did not ask. It is kept in full up to <see cref="LongestRetryAfter"/>.
    /// </param>
    public static TimeSpan After(int failures, double jitter, TimeSpan? retryAfter = null)
    {
        var full = failures > 6 ? Most : TimeSpan.FromTicks(Math.Min(First.Ticks << (failures - 1), Most.Ticks));
        var usual = full * (0.5 + (jitter / 2));
        // Those that were refused together retry at different times.
        var asked = retryAfter is { Ticks: > 0 } wait
            ? (wait < LongestRetryAfter ? wait : LongestRetryAfter) * (1 + (jitter / 4))
            : TimeSpan.Zero;
        return asked > usual ? asked : usual;
    }
}
