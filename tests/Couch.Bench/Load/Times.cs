namespace Couch.Bench.Load;

/// <summary>How long each of many took.</summary>
internal sealed class Times(IEnumerable<TimeSpan> all)
{
    private readonly List<TimeSpan> sorted = [.. all.Order()];

    public TimeSpan P50 => sorted[sorted.Count / 2];
    public TimeSpan P99 => sorted[sorted.Count * 99 / 100];
    public TimeSpan Longest => sorted[^1];

    public override string ToString() => $"p50 {Report.Milliseconds(P50)}, p99 {Report.Milliseconds(P99)} ({Report.Number(sorted.Count)})";
}
