using Couch.Cluster.Housekeeping;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>Counting guests must stay cheap however many there are.</summary>
public sealed class PaceTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly Pace pace = new(Minute, share: 100);

    [Fact]
    public void Work_that_has_never_been_done_is_due() => Assert.True(pace.IsDue(Now));

    [Fact]
    public void Work_within_its_share_of_a_minute_is_due_whenever_it_is_asked_for()
    {
        pace.Took(Minute / 100, Now);

        Assert.True(pace.IsDue(Now));
    }

    [Fact]
    public void Work_that_takes_longer_rests_until_it_has_taken_its_share_and_no_more()
    {
        pace.Took(TimeSpan.FromSeconds(6), Now);

        Assert.False(pace.IsDue(Now + TimeSpan.FromSeconds(599)));
        Assert.True(pace.IsDue(Now + TimeSpan.FromSeconds(600)));
    }
}
