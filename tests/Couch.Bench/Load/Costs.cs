using System.Globalization;

namespace Couch.Bench.Load;

/// <summary>What one round took of the processors.</summary>
internal sealed record Cost(int Requests, double PerSecond, TimeSpan Couch, TimeSpan Database);

/// <summary>Rounds of one kind, one side: processor time a request. A figure is the median over them.</summary>
internal sealed class Costs
{
    private readonly List<Cost> rounds = [];

    public void Add(Cost round) => rounds.Add(round);

    /// <summary>The couch's processor time a request, in microseconds.</summary>
    public double Couch => Median(rounds.Select(OfCouch));

    /// <summary>The lowest and the highest ratio of rounds that ran one after the other.</summary>
    public (double Low, double High) RatiosTo(Costs other)
    {
        var ratios = rounds.Zip(other.rounds, (mine, theirs) => OfCouch(mine) / OfCouch(theirs)).ToList();
        return (ratios.Min(), ratios.Max());
    }

    public override string ToString()
    {
        var database = Median(rounds.Select(round => round.Database.TotalMicroseconds / round.Requests));
        var rate = Report.Number(Math.Round(Median(rounds.Select(round => round.PerSecond))));
        return string.Create(CultureInfo.InvariantCulture, $"{Couch:0} µs of the couch, {database:0} µs of the database, at {rate}/s");
    }

    private static double OfCouch(Cost round) => round.Couch.TotalMicroseconds / round.Requests;

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
