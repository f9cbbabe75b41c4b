using Couch.Domain.Guests;

namespace Couch.Domain.Vms;

/// <summary>The part of a guest's row that says which VMs are the guest's.</summary>
/// <param name="VmId">The VM the guest was told of; null while it has none.</param>
public sealed record GuestVm(GuestId Id, bool IsStaying, string? VmId, Vm Vm)
{
    /// <summary>This version does not understand what its row says about its stay or its VM: nothing is concluded from it.</summary>
    public bool IsUnreadable { get; init; }

    /// <summary>Whether anything at a VM provider may still be the guest's. The table's column <c>has_vm</c> repeats this rule.</summary>
    public bool IsOpen =>
        (Vm.State is not (VmState.None or VmState.Destroyed or VmState.Left) && Vm.DestroyedAt is null) || (IsStaying && VmId is not null);

    /// <summary>Takes it from a guest whose row was read: <see cref="IsUnreadable"/> is false.</summary>
    public static GuestVm Of(Guest guest) => new(guest.Id, guest.IsStaying, guest.VmId, guest.Vm);
}
