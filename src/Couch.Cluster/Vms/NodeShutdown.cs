namespace Couch.Cluster.Vms;

/// <summary>
/// Signals this node's shutdown to its calls at the provider. A VM that is being made is awaited until it is claimed, because one
/// without a claim is never found; at most as long as the host's shutdown may take. All other calls are cancelled at once: the
/// guests' next node looks for itself, and a call that hangs must not delay a restart.
/// </summary>
internal sealed class NodeShutdown : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private readonly UnderWay claims = new();
    private readonly UnderWay calls = new();

    public NodeShutdown() => Token = gone.Token;

    /// <summary>Cancelled once no call may continue.</summary>
    public CancellationToken Token { get; }

    /// <summary>Marks a VM as being made, until disposed: the shutdown waits for it.</summary>
    public IDisposable UntilClaimed() => claims.Begin();

    /// <summary>Marks a call as in progress, until disposed: the shutdown ends after it.</summary>
    /// <exception cref="VmProviderException">This node has left: no call may begin.</exception>
    public IDisposable Call() => calls.Begin();

    /// <param name="hurry">Cancelled when there is no more time to wait for claims.</param>
    public async Task Leave(CancellationToken hurry)
    {
        await claims.Over().WaitAsync(hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await gone.CancelAsync();
        // Each call has been cancelled. The handlers that they go through wait, when they are disposed, for calls that are still in
        // progress.
        calls.Close();
        await calls.Over();
    }

    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(NodeShutdown), ServiceLifecycleStage.Active, _ => Task.CompletedTask, Leave);

    public void Dispose() => gone.Dispose();

    /// <summary>Counts what is in progress, and signals when nothing is.</summary>
    private sealed class UnderWay
    {
        private readonly Lock gate = new();
        private TaskCompletionSource? over;
        private int count;
        private bool isClosed;

        public IDisposable Begin()
        {
            lock (gate)
            {
                if (isClosed)
                    throw new VmProviderException("This node has ended");
                count++;
            }

            return new One(this);
        }

        public void Close()
        {
            lock (gate)
                isClosed = true;
        }

        public Task Over()
        {
            lock (gate)
                return count is 0 ? Task.CompletedTask : (over ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        private void End()
        {
            lock (gate)
            {
                if (--count > 0)
                    return;
                over?.SetResult();
                over = null;
            }
        }

        private sealed class One(UnderWay all) : IDisposable
        {
            public void Dispose() => all.End();
        }
    }
}
