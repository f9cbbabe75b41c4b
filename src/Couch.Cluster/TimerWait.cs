namespace Couch.Cluster;

/// <summary>Waits that a timer can measure.</summary>
internal static class TimerWait
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// What is left of a wait, or a millisecond where less is left. Timers count whole milliseconds and fire a fraction of one early: a
    /// loop that then waited for the fraction, which counts as nothing, would spin until it has passed.
    /// </summary>
    public static TimeSpan InTimerUnits(this TimeSpan left) => left > Shortest ? left : Shortest;
}
