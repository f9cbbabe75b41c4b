namespace Couch.Bench.Load;

/// <summary>What one round of load came to.</summary>
/// <param name="Sent">Requests that were begun: those that were answered, and the last ones that nobody waited for.</param>
internal sealed record Round(int Done, int Sent, TimeSpan Lasted, TimeSpan P50, TimeSpan P99)
{
    public double PerSecond => Done / Lasted.TotalSeconds;
}

/// <summary>Rounds of one kind, one side; a figure is the median over them, so that one disturbed round says nothing.</summary>
internal sealed class Rounds
{
    private readonly List<Round> rounds = [];

    public int Count => rounds.Count;
    public int Done => rounds.Sum(round => round.Done);
    public double PerSecond => Median(rounds.Select(round => round.PerSecond));
    public TimeSpan P50 => TimeSpan.FromTicks((long)Median(rounds.Select(round => (double)round.P50.Ticks)));
    public TimeSpan P99 => TimeSpan.FromTicks((long)Median(rounds.Select(round => (double)round.P99.Ticks)));

    public void Add(Round round) => rounds.Add(round);

    /// <summary>The lowest and the highest ratio of rounds that ran one after the other.</summary>
    public (double Low, double High) RatiosTo(Rounds other)
    {
        var ratios = rounds.Zip(other.rounds, (mine, theirs) => mine.PerSecond / theirs.PerSecond).ToList();
        return (ratios.Min(), ratios.Max());
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[sorted.Count / 2 - 1] + sorted[sorted.Count / 2]) / 2;
    }
}
