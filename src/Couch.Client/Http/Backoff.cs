using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Couch.Client.Http;

/// <summary>How long to wait before asking again.</summary>
internal sealed class Backoff(CouchClientOptions options)
{
    private const int Steps = 1 << 16;

    /// <summary>
    /// Twice as long after each failure, up to the longest; half of it is left to chance, so that clients which failed together do
    /// not return together. What the couch asks for is added.
    /// </summary>
    /// <param name="failures">At least 1.</param>
    /// <param name="retryAfter">What the couch asks for; null: nothing.</param>
    public TimeSpan Pause(int failures, TimeSpan? retryAfter)
    {
        var doubled = options.FirstPause * Math.Pow(2, Math.Min(failures - 1, 30));
        var most = doubled < options.LongestPause ? doubled : options.LongestPause;
        return (most * (0.5 + (0.5 * RandomNumberGenerator.GetInt32(Steps) / Steps))) + (retryAfter ?? TimeSpan.Zero);
    }

    /// <summary>What an answer asks for, in whichever of the two ways; null where it asks for nothing.</summary>
    public TimeSpan? RetryAfter(HttpResponseHeaders headers) => headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date - options.Clock.GetUtcNow() is { Ticks: > 0 } until => until,
        { Date: not null } => TimeSpan.Zero,
        _ => null,
    };
}
