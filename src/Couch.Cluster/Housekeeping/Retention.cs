namespace Couch.Cluster.Housekeeping;

/// <summary>How long ended guests and spent invites are kept.</summary>
public sealed record Retention
{
    /// <summary>Ten years.</summary>
    public const int MostDays = 3650;

    /// <summary>
    /// Whole days since the end, 0 to <see cref="MostDays"/>; 0, the default, keeps everything. From <c>COUCH_RETENTION_DAYS</c>.
    /// </summary>
    /// <value>A day at the least: until then the redeem that made a guest may be repeated, and must find it.</value>
    public int Days { get; init; }

    /// <summary>What was past by this moment is purged; null where everything is kept.</summary>
    public DateTimeOffset? Before(DateTimeOffset now) => Days is 0 ? null : now.AddDays(-Days);
}
