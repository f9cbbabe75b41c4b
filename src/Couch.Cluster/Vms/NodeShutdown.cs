namespace Couch.Cluster.Vms;

/// <summary>
/// That this node ends, told to its calls at the provider. A VM that is being made is awaited until it is claimed, for one
/// without a claim is never found; for as long as the host's shutdown may take. Everything else is cut off at once: the
/// guests' next node looks for itself, and a call that hangs must hold up no restart.
/// </summary>
internal sealed class NodeShutdown : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private readonly UnderWay claims = new();
    private readonly UnderWay calls = new();

    public NodeShutdown() => Token = gone.Token;

    /// <summary>Cancelled once no call may go on.</summary>
    public CancellationToken Token { get; }

    /// <summary>A VM is being made, until disposed: worth waiting for.</summary>
    public IDisposable UntilClaimed() => claims.Begin();

    /// <summary>A call is under way, until disposed: it is over when this node has left.</summary>
    /// <exception cref="VmProviderException">This node has left: no call may begin.</exception>
    public IDisposable Call() => calls.Begin();

    /// <param name="hurry">Cancelled when there is no more time to wait for claims.</param>
    public async Task Leave(CancellationToken hurry)
    {
        await claims.Over().WaitAsync(hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await gone.CancelAsync();
        // Each has been cut off. What they go through waits, at its own end, for calls that are still under way.
        calls.Close();
        await calls.Over();
    }

    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(NodeShutdown), ServiceLifecycleStage.Active, _ => Task.CompletedTask, Leave);

    public void Dispose() => gone.Dispose();

    /// <summary>How many there are of something, and when there is none.</summary>
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
