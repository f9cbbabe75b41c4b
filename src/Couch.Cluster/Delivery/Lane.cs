namespace Couch.Cluster.Delivery;

/// <summary>How one kind of message is sent: how many at once, and how often and how soon it is tried again.</summary>
internal sealed class Lane : IDisposable
{
    private readonly SemaphoreSlim? places;

    /// <param name="atOnce">How many are under way at a time; null for any number.</param>
    public Lane(int? atOnce) => places = atOnce is { } count ? new(count) : null;

    /// <summary>How often a message is tried before it is dropped; null: without limit.</summary>
    public int? MostTries { get; init; }

    /// <summary>The pause after so many failures.</summary>
    public required Func<int, TimeSpan> Pause { get; init; }

    /// <summary>
    /// Whether a failed message keeps its place during its pause, so that a lane in which every message fails makes few attempts.
    /// </summary>
    public bool KeepsPlace { get; init; }

    /// <summary>Runs <paramref name="attempt"/> once there is a place for it.</summary>
    public Task<T> Run<T>(Func<Task<T>> attempt, CancellationToken cancel) => places is null ? attempt() : places.Run(attempt, cancel);

    public void Dispose() => places?.Dispose();
}
