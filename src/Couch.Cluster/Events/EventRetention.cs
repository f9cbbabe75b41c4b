namespace Couch.Cluster.Events;

/// <summary>How long events are kept.</summary>
public sealed record EventRetention
{
    /// <summary>The days where nothing is said.</summary>
    public const int DefaultDays = 30;

    /// <summary>
    /// Whole days, 0 to <see cref="Housekeeping.Retention.MostDays"/>; 0 keeps everything, the default is 30. From
    /// <c>COUCH_EVENT_DAYS</c>.
    /// </summary>
    public int Days { get; init; } = DefaultDays;
}
