namespace Couch.Domain.Vms;

/// <summary>What is to be done about a guest's VM next. Closed: these cases and no others.</summary>
public abstract record VmStep
{
    private VmStep() { }

    /// <summary>Nothing, until something changes.</summary>
    public sealed record Rest : VmStep;

    /// <summary>Nothing, until that moment.</summary>
    public sealed record Wait(DateTimeOffset Until) : VmStep;

    /// <summary>Write the next attempt's number, then ask the provider for the VM.</summary>
    public sealed record Attempt : VmStep;

    /// <summary>Check the state of the VM.</summary>
    public sealed record Look(string VmId) : VmStep;

    /// <summary>
    /// Destroy the VMs that are known to be the guest's own; then everything else that carries its claim, and the VM given by hand if that
    /// is allowed.
    /// </summary>
    /// <param name="Own">
    /// The VM that an attempt of the guest's has made and claimed. It is destroyed without a check; null where none is known.
    /// </param>
    /// <param name="Given">
    /// The VM that a host has given to the guest. It may belong to another owner, so it is checked first. Null where none was given.
    /// </param>
    /// <param name="Condemned">
    /// The VMs that did not become ready. They are destroyed without a check too, because a list may not show them yet. As
    /// <see cref="Vm.Condemned"/>.
    /// </param>
    public sealed record Release(string? Own, GivenVm? Given, string? Condemned = null) : VmStep
    {
        /// <summary>Each VM that is destroyed without a check.</summary>
        public IEnumerable<string> Unasked => [.. Own is null ? Array.Empty<string>() : [Own], .. Vm.EachOf(Condemned)];
    }
}
