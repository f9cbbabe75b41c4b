namespace Couch.Domain.Vms;

/// <summary>What is to be done about a guest's VM next. Closed: these cases and no others.</summary>
public abstract record VmStep
{
    private VmStep() { }

    /// <summary>Nothing, until something changes.</summary>
    public sealed record Rest : VmStep;

    /// <summary>Nothing, until that moment.</summary>
    public sealed record Wait(DateTimeOffset Until) : VmStep;

    /// <summary>Write the next attempt's number, then ask the host for the VM.</summary>
    public sealed record Attempt : VmStep;

    /// <summary>Look how the VM is.</summary>
    public sealed record Look(string VmId) : VmStep;

    /// <summary>Destroy whatever carries the guest's claim, and this VM where one is known.</summary>
    public sealed record Release(string? VmId) : VmStep;
}
