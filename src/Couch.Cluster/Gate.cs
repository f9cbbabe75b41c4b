namespace Couch.Cluster;

/// <summary>A semaphore as a gate: so many calls are behind it at a time.</summary>
internal static class Gate
{
    /// <summary>Runs <paramref name="call"/> once there is a place for it.</summary>
    public static async Task<T> Run<T>(this SemaphoreSlim gate, Func<Task<T>> call, CancellationToken cancel)
    {
        await gate.WaitAsync(cancel);
        try
        {
            return await call();
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc cref="Run{T}"/>
    public static Task Run(this SemaphoreSlim gate, Func<Task> call, CancellationToken cancel) => gate.Run(
        async () =>
        {
            await call();
            return true;
        },
        cancel);
}
