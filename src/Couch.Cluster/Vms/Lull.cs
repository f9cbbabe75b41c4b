namespace Couch.Cluster.Vms;

/// <summary>
/// Lets the first few through at once. When very many arrive, the others wait and go on together as soon as few more arrive, or when they
/// have waited for long. So ten thousand ends are written and answered before the work on their VMs takes the processor and the database
/// from them.
/// </summary>
internal sealed class Lull : IDisposable
{
    public static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    /// <summary>An account is charged for what waits.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>The most arrivals in a moment that are no crowd.</summary>
    public const int Few = 32;

    private readonly Lock gate = new();
    private readonly TimeProvider clock;
    private readonly ITimer timer;
    private TaskCompletionSource? crowd;
    private long crowdBegan;
    private long momentBegan;
    private int arrived;

    public Lull(TimeProvider clock)
    {
        this.clock = clock;
        momentBegan = clock.GetTimestamp();
        timer = clock.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Returns at once, or after a moment in which few have arrived.</summary>
    public Task Wait()
    {
        lock (gate)
        {
            if (crowd is null && clock.GetElapsedTime(momentBegan) >= Moment)
                BeginMoment();
            if (++arrived <= Few && crowd is null)
                return Task.CompletedTask;
            if (crowd is null)
            {
                crowd = new(TaskCreationOptions.RunContinuationsAsynchronously);
                crowdBegan = clock.GetTimestamp();
                LookLater();
            }

            return crowd.Task;
        }
    }

    /// <summary>What waits is lost with the process, and asked again by its guest's tick.</summary>
    public void Dispose() => timer.Dispose();

    private void Look()
    {
        TaskCompletionSource? passing;
        lock (gate)
        {
            var isOver = arrived <= Few || clock.GetElapsedTime(crowdBegan) >= Longest;
            BeginMoment();
            if (!isOver)
            {
                LookLater();
                return;
            }

            (passing, crowd) = (crowd, null);
        }

        passing?.SetResult();
    }

    private void BeginMoment() => (momentBegan, arrived) = (clock.GetTimestamp(), 0);

    private void LookLater() => timer.Change(Moment, Timeout.InfiniteTimeSpan);
}
