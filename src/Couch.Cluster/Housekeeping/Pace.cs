namespace Couch.Cluster.Housekeeping;

/// <summary>
/// Runs work that grows with the table less often as it takes longer, so that it never takes more than its share of the time.
/// </summary>
/// <param name="every">The interval when the work is quick.</param>
/// <param name="share">The share of the time, as one part in so many.</param>
internal sealed class Pace(TimeSpan every, int share)
{
    private DateTimeOffset notBefore;

    public bool IsDue(DateTimeOffset now) => now >= notBefore;

    public void Took(TimeSpan time, DateTimeOffset now) => notBefore = time * share > every ? now + time * share : now;
}
