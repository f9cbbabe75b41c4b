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
    /// In front of <see cref="Destroys"/>, for ends that come in large numbers: they get three of four places, so that a kill finds a
    /// place however many they are.
    /// </summary>
    public SemaphoreSlim CrowdsDestroys { get; } = new(Math.Max(1, options.CallsAtOnce * 3 / 4));

    /// <summary>In front of <see cref="CrowdsDestroys"/>: while ends are being written by the hundred, their VMs wait.</summary>
    public Lull CrowdsEnds { get; } = new(clock);

    public void Dispose()
    {
        Creates.Dispose();
        CrowdsEnds.Dispose();
    }
}
