using Couch.Domain.Vms;

namespace Couch.Gateway.Guests;

/// <summary>The record of a guest's VM: what was requested, and what the VM provider has confirmed.</summary>
public sealed record VmView
{
    /// <summary>The VM provider: <c>vers</c>, <c>docker</c> or <c>demo</c>; null when there is none.</summary>
    public required string? Host { get; init; }

    /// <summary>
    /// The state of the VM; <c>left</c> when a VM given by hand stays after the guest's end, because the couch may not destroy it.
    /// </summary>
    public required VmState State { get; init; }

    /// <summary>When it was first requested; null when it was not.</summary>
    public required DateTimeOffset? RequestedAt { get; init; }

    /// <summary>When it was seen ready; null until then.</summary>
    public required DateTimeOffset? ReadyAt { get; init; }

    /// <summary>When its destruction was requested; null until then.</summary>
    public required DateTimeOffset? DestroyRequestedAt { get; init; }

    /// <summary>The receipt: when the VM provider confirmed that nothing is left. Null until then.</summary>
    public required DateTimeOffset? DestroyedAt { get; init; }

    /// <summary>How many attempts were made to get it.</summary>
    public required int Attempts { get; init; }

    /// <summary>The last error that the VM provider reported; null when there was none.</summary>
    public required string? LastError { get; init; }

    /// <summary>
    /// VMs that attempts of unknown outcome may have left, and that have not been found since; at most 2. A receipt does not cover
    /// them.
    /// </summary>
    public required int Unaccounted { get; init; }

    internal static VmView Of(Vm vm) => new()
    {
        Host = vm.Host,
        State = vm.State,
        RequestedAt = vm.RequestedAt,
        ReadyAt = vm.ReadyAt,
        DestroyRequestedAt = vm.DestroyRequestedAt,
        DestroyedAt = vm.DestroyedAt,
        Attempts = vm.Attempts,
        LastError = vm.LastError,
        Unaccounted = vm.Unaccounted,
    };
}
