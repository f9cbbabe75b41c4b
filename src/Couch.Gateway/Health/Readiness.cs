using Couch.Cluster.Storage;

namespace Couch.Gateway.Health;

/// <summary>
/// The state of the database, asked at most once a second for all callers: any caller may ask, as often as it likes, and is never refused.
/// </summary>
public sealed class Readiness(CouchDatabase database, TimeProvider clock)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock asking = new();
    private Task<string>? answer;
    private long asked;

    /// <inheritdoc cref="CouchDatabase.WhyClockIsWrong"/>
    public string? WrongClock => database.WhyClockIsWrong(clock);

    /// <summary><c>ok</c>, or a sentence on why the database does not answer; at most a second old.</summary>
    public Task<string> Database(CancellationToken cancel)
    {
        lock (asking)
        {
            if (answer is null || (answer.IsCompleted && (!answer.IsCompletedSuccessfully || clock.GetElapsedTime(asked) >= Fresh)))
                (answer, asked) = (Ask(), clock.GetTimestamp());
            return answer.WaitAsync(cancel);
        }
    }

    private async Task<string> Ask() => await database.WhyNotReady(CancellationToken.None) ?? "ok";
}
