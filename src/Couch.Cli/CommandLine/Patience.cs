using Couch.Client;

namespace Couch.Cli.CommandLine;

/// <summary>Waits for something within a bound: a couch that is away meanwhile is waited for too, which is said once.</summary>
internal sealed class Patience(Invocation call, TimeSpan bound)
{
    private readonly TimeProvider clock = call.Surroundings.Clock;
    private readonly long began = call.Surroundings.Clock.GetTimestamp();
    private bool isSaid;

    /// <summary>How long it has been waited.</summary>
    public TimeSpan Waited => clock.GetElapsedTime(began);

    /// <summary>Whether the bound is reached.</summary>
    public bool IsOver => Waited >= bound;

    /// <summary>Asks the couch; null where it is away, and there is time left.</summary>
    /// <exception cref="CouchUnavailableException">It is away, and the time is up.</exception>
    public async Task<T?> Ask<T>(Func<Task<T>> ask)
        where T : class
    {
        try
        {
            return await ask();
        }
        catch (CouchUnavailableException) when (!IsOver)
        {
            SayAway();
            return null;
        }
    }

    /// <summary>Says that the couch is away, unless it was said.</summary>
    public void SayAway()
    {
        if (!isSaid)
            call.Notes.Warn("the couch does not answer; trying again");
        isSaid = true;
    }
}
