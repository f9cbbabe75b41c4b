namespace Couch.Bench;

/// <summary>How much is stored and how long is measured.</summary>
/// <param name="Few">Guests in the small couch.</param>
/// <param name="Many">Guests in the large one.</param>
/// <param name="Rounds">Rounds a figure is the median of.</param>
/// <param name="Time">How long a round lasts.</param>
/// <param name="WarmUp">How long code gets to be compiled before a round counts.</param>
/// <param name="WriteWarmUp">
/// The same for the couch's writes: they run through far more code, far less often a second. In full length, until a creation takes no less
/// of the processor.
/// </param>
/// <param name="Guests">Guests that get a VM each while it is measured how.</param>
/// <param name="Expiring">Guests whose time is up at one moment.</param>
/// <param name="Streams">Streams of events that are open at once.</param>
/// <param name="AtRest">How long they are watched at rest.</param>
internal sealed record Plan(
    int Few, int Many, int Rounds, TimeSpan Time, TimeSpan WarmUp, TimeSpan WriteWarmUp, int Guests, int Expiring, int Streams,
    TimeSpan AtRest)
{
    /// <summary>Guests that are polled again and again.</summary>
    public const int Warm = 1_000;

    /// <summary>Guests that poll at once.</summary>
    public const int Pollers = 64;

    /// <summary>Hosts and guests that write at once.</summary>
    public const int Writers = 16;

    /// <summary>Of the guests whose time is up, those that are asked at once.</summary>
    public const int Asked = 500;

    /// <summary>Hosts that list at once.</summary>
    public const int Listers = 8;

    public static readonly Plan Quick = new(
        1_000, 10_000, 3, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(6), 300, 1_000, 2_000,
        TimeSpan.FromSeconds(20));
    public static readonly Plan Full = new(
        1_000, 100_000, 5, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(45), 1_000, 10_000,
        10_000, TimeSpan.FromSeconds(60));
}
