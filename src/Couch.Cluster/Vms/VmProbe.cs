namespace Couch.Cluster.Vms;

/// <summary>Asks a VM that runs whether its agent answers too. False, not an exception, where it does not yet.</summary>
public delegate Task<bool> VmProbe(string endpoint, CancellationToken cancel);
