namespace Couch.Gateway.Health;

/// <summary>How long this couch has been up.</summary>
public sealed class Uptime(TimeProvider clock)
{
    private readonly long start = clock.GetTimestamp();

    /// <summary>Seconds since this object was made, to the millisecond.</summary>
    public double Seconds => Math.Round(clock.GetElapsedTime(start).TotalSeconds, 3);
}
