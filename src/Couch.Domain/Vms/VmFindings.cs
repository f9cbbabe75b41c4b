namespace Couch.Domain.Vms;

/// <summary>What a look over all VMs and all guests found to be wrong: ids of VMs and of guests. All of it should stay empty.</summary>
[GenerateSerializer, Immutable, Alias("couch.VmFindings")]
public sealed record VmFindings
{
    /// <summary>VMs under this couch's claim whose guest has ended, or has another VM: to be destroyed.</summary>
    [Id(0)] public IReadOnlyList<string> Strays { get; init; } = [];

    /// <summary>VMs without any label that no open row names, past their grace.</summary>
    [Id(1)] public IReadOnlyList<string> Unclaimed { get; init; } = [];

    /// <summary>VMs under this couch's claim for guests that are not in its database.</summary>
    [Id(2)] public IReadOnlyList<string> Unknown { get; init; } = [];

    /// <summary>Running guests whose VM is not in the list, or dead in it.</summary>
    [Id(3)] public IReadOnlyList<string> Vanished { get; init; } = [];

    /// <summary>Running guests whose VM was missing before and is listed again.</summary>
    [Id(4)] public IReadOnlyList<string> Returned { get; init; } = [];

    /// <summary>Guests with pending work at the VM provider whose grain is not in memory.</summary>
    [Id(5)] public IReadOnlyList<string> Stuck { get; init; } = [];

    /// <summary>Running guests that are not measured.</summary>
    [Id(6)] public IReadOnlyList<string> Unmetered { get; init; } = [];

    /// <summary>Why the sweep left something undone: each hold is an alarm.</summary>
    [Id(7)] public IReadOnlyList<SafetyHold> Holds { get; init; } = [];

    /// <summary>VMs that are not needed, and that may be destroyed.</summary>
    [Id(8)] public IReadOnlyList<string> ToDestroy { get; init; } = [];

    /// <summary>Guests whose VM is to be looked at.</summary>
    [Id(9)] public IReadOnlyList<string> ToVerify { get; init; } = [];
}
