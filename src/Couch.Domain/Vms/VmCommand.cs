namespace Couch.Domain.Vms;

/// <summary>What a guest's grain orders once the guest is written. Closed: these cases and no others.</summary>
public abstract record VmCommand
{
    private VmCommand() { }

    /// <summary>Ask the provider for the guest's VM, as the attempt that the guest's row names.</summary>
    /// <param name="MayExist">An attempt before this one may have made it: look first.</param>
    public sealed record Attempt(bool MayExist) : VmCommand;

    /// <summary>Look at the VM that boots until it is ready, dead, or has booted for too long.</summary>
    public sealed record Watch : VmCommand;

    /// <summary>Stop watching how the VM boots: it does not matter any more.</summary>
    public sealed record StopWatching : VmCommand;

    /// <summary>Destroy all that is the guest's.</summary>
    public sealed record Release(VmStep.Release What) : VmCommand;

    /// <summary>Destroy one VM that came too late to be the guest's, or that did not become ready.</summary>
    public sealed record Destroy(string VmId) : VmCommand;

    /// <summary>Ask again what is to be done at that moment.</summary>
    public sealed record Wake(DateTimeOffset At) : VmCommand;
}
