namespace Couch.VersSimulator.Faults;

/// <summary>Chance that a seed repeats.</summary>
internal sealed class Chance(int seed)
{
    private readonly Lock gate = new();
    private readonly Random random = new(seed);

    public bool Falls(double probability)
    {
        lock (gate)
            return random.NextDouble() < probability;
    }
}
