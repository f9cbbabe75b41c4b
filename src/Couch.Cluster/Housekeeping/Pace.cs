namespace Couch.Cluster.Housekeeping;

/// <summary>
/// Lets work that grows with the table come less often as it takes longer, so that it never takes more than its share
/// of the time.
/// </summary>
/// <param name="every">How often it comes where it is quick.</param>
/// <param name="share">One part in so many.</param>
internal sealed class Pace(TimeSpan every, int share)
{
    private DateTimeOffset notBefore;

    public bool IsDue(DateTimeOffset now) => now >= notBefore;

    public void Took(TimeSpan time, DateTimeOffset now) => notBefore = time * share > every ? now + time * share : now;
}
