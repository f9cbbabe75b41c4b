using Couch.Domain.Guests;

namespace Couch.Domain.Vms;

/// <summary>
/// Compares all VMs that a provider lists with all guests' rows, as a pure decision. The list is older than the rows: a VM that came after
/// it does not count as missing, and one that has gone since is destroyed once more, which has no effect.
/// </summary>
public sealed record VmReconciliation
{
    /// <summary>How old a VM without a label must be: longer than a create, its label and their repeats may take.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    /// <summary>How long work may wait while its grain is not in memory: twice the time that its row takes to wake it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>How long a guest may run without being measured.</summary>
    public static readonly TimeSpan Unmeasured = TimeSpan.FromMinutes(1);

    /// <summary>By how much the clocks of nodes may differ.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(10);

    private const int FewVanished = 3;
    private const int VanishedShare = 10;

    /// <summary>The VM provider's name: guests of another one are no finding here.</summary>
    public required string Provider { get; init; }

    /// <summary>This couch's mark on its VMs.</summary>
    public required string Installation { get; init; }

    /// <summary>The account is this couch's alone, so what carries no claim is a leftover.</summary>
    public bool IsDedicated { get; init; }

    /// <summary>VMs of guests that this couch does not know are to be destroyed (COUCH_VM_UNKNOWN).</summary>
    public bool DestroysUnknown { get; init; }

    /// <summary>Whether this provider measures guests.</summary>
    public bool MeasuresUsage { get; init; }

    /// <summary>
    /// A node has just started: work whose grain is not in memory was lost with another node, and counts as stuck at once.
    /// </summary>
    public bool IsAtStart { get; init; }

    /// <summary>Just before the list was asked for.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Null where the list could not be read, or not completely: then there are no findings about VMs.</summary>
    public IReadOnlyList<ListedVm>? Listed { get; init; }

    /// <summary>Every open row, and the row of every <see cref="Questionable"/> guest that has one.</summary>
    public required IReadOnlyList<GuestVm> Guests { get; init; }

    /// <summary>Guests whose grain is in memory on some node; null where that is not known.</summary>
    public IReadOnlySet<string>? InMemory { get; init; }

    /// <summary>Guests that claim a VM and have no open row: their rows, if any, must be read before anything is said of them.</summary>
    public static IReadOnlyList<GuestId> Questionable(IEnumerable<ListedVm> listed, string installation, IEnumerable<GuestVm> open)
    {
        var known = open.Select(guest => guest.Id).ToHashSet();
        return [.. listed
            .Where(vm => vm.Installation == installation && vm.Guest is not null)
            .Select(vm => GuestId.TryParse(vm.Guest!, out var id) ? id : default)
            .Where(id => id != default && !known.Contains(id))
            .Distinct()];
    }

    /// <summary>Gives the findings, and what may be done about them. Without a list only stuck and unmetered guests are found.</summary>
    public VmFindings Reconcile()
    {
        var ours = Guests.Where(guest => !guest.IsUnreadable && guest.Vm.Host == Provider).ToList();
        var found = new VmFindings
        {
            Stuck = Ids(ours.Where(IsStuck)),
            Unmetered = Ids(ours.Where(IsUnmetered)),
        };
        return Listed is null ? found : Decided(Destroyable(Missing(found, ours)));
    }

    private VmFindings Missing(VmFindings found, List<GuestVm> ours)
    {
        var alive = Listed!.Where(vm => !vm.IsDead).Select(vm => vm.VmId).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var running = ours.Where(guest => guest is { IsStaying: true, Vm: { State: VmState.Ready, Id: not null } }
            && guest.Vm.ReadyAt < At - Skew).ToList();
        var vanished = running.Where(guest => !alive.Contains(guest.Vm.Id!)).ToList();
        return found with
        {
            Vanished = Ids(vanished),
            Returned = Ids(running.Where(guest => guest.Vm.MissingSince is not null && alive.Contains(guest.Vm.Id!))),
            Holds = vanished.Count > FewVanished && vanished.Count * VanishedShare > running.Count ? [SafetyHold.ManyVanished] : [],
        };
    }

    private VmFindings Destroyable(VmFindings found)
    {
        var guests = Guests.ToDictionary(guest => guest.Id.Value);
        var named = Guests.Where(guest => guest.IsOpen || guest.IsUnreadable)
            .SelectMany(guest => new[] { guest.VmId, guest.Vm.Id }).OfType<string>()
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var claimed = Listed!.Where(vm => vm.Installation == Installation && vm.Guest is not null && !named.Contains(vm.VmId)).ToList();
        var unclaimed = Listed!.Where(vm => !vm.IsLabelled && !named.Contains(vm.VmId) && vm.CreatedAt <= At - Grace);
        var unknown = claimed.Where(vm => !guests.ContainsKey(vm.Guest!)).ToList();

        var holds = found.Holds.ToList();
        if (unknown.Count > 0 && !DestroysUnknown)
            holds.Add(SafetyHold.UnknownGuests);
        if (IsDedicated && Listed!.Any(vm => vm.Installation is { } mark && mark != Installation))
            holds.Add(SafetyHold.SharedAccount);
        return found with
        {
            Strays = [.. claimed.Where(vm => guests.TryGetValue(vm.Guest!, out var owner)
                && (IsStray(owner) || IsCondemned(vm, owner))).Select(vm => vm.VmId)],
            Unclaimed = [.. unclaimed.Select(vm => vm.VmId)],
            Unknown = [.. unknown.Select(vm => vm.VmId)],
            Holds = holds,
        };
    }

    /// <summary>Adds which of the findings may be acted upon.</summary>
    private VmFindings Decided(VmFindings found) => found with
    {
        ToDestroy =
        [
            .. found.Strays,
            .. DestroysUnknown ? found.Unknown : [],
            .. IsDedicated && !found.Holds.Any(hold => hold is SafetyHold.UnknownGuests or SafetyHold.SharedAccount) ? found.Unclaimed : [],
        ],
        ToVerify = found.Holds.Contains(SafetyHold.ManyVanished) ? [] : [.. found.Vanished, .. found.Returned],
    };

    /// <summary>Whether the VM did not become ready in its time and was replaced: no attempt will take it.</summary>
    private static bool IsCondemned(ListedVm vm, GuestVm owner) =>
        owner.Vm.State is not (VmState.Destroying or VmState.Lost) && owner.Vm.EachCondemned.Contains(
            vm.VmId, StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Whether a VM that carries this guest's claim, but is not the one that its row names, has no owner. Never so for a guest whose row
    /// cannot be read: its end destroys its VMs.
    /// </summary>
    private bool IsStray(GuestVm owner) => !owner.IsUnreadable && owner.Vm switch
    {
        // An attempt may be about to take it; once one has, the others are strays.
        { State: VmState.Requested or VmState.Booting } => false,
        // Its own grain destroys all that carries its claim, until the provider confirms it.
        { State: VmState.Destroying or VmState.Lost, DestroyedAt: null } => false,
        // The list may be older than the receipt.
        { DestroyedAt: { } receipt } => receipt < At - Skew,
        { State: VmState.Left, CleanSince: { } clean } => clean < At - Skew,
        _ => true,
    };

    private bool IsStuck(GuestVm guest) =>
        guest.Vm is { State: not (VmState.None or VmState.Ready or VmState.Destroyed or VmState.Left), DestroyedAt: null } vm
        && IsNotInMemory(guest)
        && (IsAtStart || (vm.NotBefore ?? vm.DestroyRequestedAt ?? vm.RequestedAt) < At - Patience);

    private bool IsUnmetered(GuestVm guest) =>
        MeasuresUsage && guest is { IsStaying: true, Vm.State: VmState.Ready } && IsNotInMemory(guest)
        && (IsAtStart || guest.Vm.ReadyAt < At - Unmeasured);

    private bool IsNotInMemory(GuestVm guest) => InMemory is not null && !InMemory.Contains(guest.Id.Value);

    private static IReadOnlyList<string> Ids(IEnumerable<GuestVm> guests) => [.. guests.Select(guest => guest.Id.Value)];
}
