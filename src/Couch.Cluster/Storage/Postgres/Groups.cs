namespace Couch.Cluster.Storage.Postgres;

/// <summary>
/// Runs calls of one kind, a few at a time. A call that finds a free lane runs at once and alone; calls that arrive while all lanes are
/// taken wait, and run together as soon as one is free.
/// </summary>
/// <param name="lanes">How many lanes there are: each runs one call, or one group of them.</param>
/// <param name="most">The most calls in a group.</param>
/// <param name="runTogether">Runs a group, of one perhaps, and answers each of its calls; it does not throw.</param>
internal sealed class Groups<TCall>(int lanes, int most, Func<IReadOnlyList<TCall>, Task> runTogether, TimeProvider clock)
    where TCall : GroupedCall
{
    /// <summary>A lane does not wait longer for what it runs: what a lock holds up delays no other.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(250);

    private readonly Queue<TCall> waiting = new();
    private int taken;

    /// <summary>Returns once the call is answered.</summary>
    public Task Run(TCall call)
    {
        lock (waiting)
        {
            if (taken == lanes)
            {
                waiting.Enqueue(call);
                return call.Answered;
            }

            taken++;
        }

        return RunOnLane(call.RunAlone());
    }

    private async Task RunOnLane(Task running)
    {
        await running.WaitAsync(Slow, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        GoOn();
        await running.ConfigureAwait(false);
    }

    private void GoOn()
    {
        var group = new List<TCall>();
        lock (waiting)
        {
            while (group.Count < most && waiting.TryDequeue(out var next))
                group.Add(next);
            if (group.Count is 0)
            {
                taken--;
                return;
            }
        }

        // What runs for many belongs to no trace.
        using (ExecutionContext.SuppressFlow())
            Task.Run(() => RunOnLane(runTogether(group)), CancellationToken.None);
    }
}

/// <summary>A call that can run alone or in a group.</summary>
internal abstract class GroupedCall
{
    private readonly TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the call that waited is answered.</summary>
    public Task Answered => answer.Task;

    /// <summary>Begins the call; whatever goes wrong, its task says so.</summary>
    public abstract Task RunAlone();

    public void Answer() => answer.TrySetResult();

    public void Fail(Exception failure) => answer.TrySetException(failure);

    /// <summary>Runs the call alone, and answers as it does. Does not throw.</summary>
    public async Task AnswerAlone()
    {
        try
        {
            await RunAlone();
            Answer();
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }
}
