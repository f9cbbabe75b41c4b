namespace Couch.SkewedNode;

/// <summary>A clock that is wrong by a fixed time, and runs as fast as any.</summary>
internal sealed class SkewedClock(TimeSpan skew) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + skew;
}
