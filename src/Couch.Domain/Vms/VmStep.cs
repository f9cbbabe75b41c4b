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

    /// <summary>Look how the VM is.</summary>
    public sealed record Look(string VmId) : VmStep;

    /// <summary>
    /// Destroy the VMs that are known to be the guest's own; then whatever else carries its claim, and the VM given by hand where it may
    /// be.
    /// </summary>
    /// <param name="Own">An attempt of the guest's has made and claimed it, so it is destroyed unasked; null where none is known.</param>
    /// <param name="Given">
    /// A host has said that it is the guest's: it may be anybody's, and is looked at first. Null where none was given.
    /// </param>
    /// <param name="Condemned">
    /// Those that did not become ready, destroyed unasked too: a list may not show them yet. As <see cref="Vm.Condemned"/>.
    /// </param>
    public sealed record Release(string? Own, GivenVm? Given, string? Condemned = null) : VmStep
    {
        /// <summary>Each VM that is destroyed unasked.</summary>
        public IEnumerable<string> Unasked => [.. Own is null ? Array.Empty<string>() : [Own], .. Vm.EachOf(Condemned)];
    }
}
