namespace Couch.Cluster.Vms;

/// <summary>
/// Bounds the calls that a node has in progress at the provider: a gate for each kind, so that no kind waits behind another.
/// </summary>
internal sealed class VmGates(VmOptions options, TimeProvider clock) : IDisposable
{
    public CreateGate Creates { get; } = new(options.CallsAtOnce, clock);

    public SemaphoreSlim Configurations { get; } = new(options.CallsAtOnce);

    public SemaphoreSlim Looks { get; } = new(options.CallsAtOnce);

    public SemaphoreSlim Measurements { get; } = new(options.CallsAtOnce);

    public SemaphoreSlim Destroys { get; } = new(options.CallsAtOnce);

    /// <summary>
    /// In front of <see cref="Destroys"/>, for ends that a clock causes in large numbers: they get three of four places, so that a
    /// kill finds a place however many they are.
    /// </summary>
    public SemaphoreSlim CrowdsDestroys { get; } = new(Math.Max(1, options.CallsAtOnce * 3 / 4));

    public void Dispose() => Creates.Dispose();
}

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
