using System.Collections.Immutable;

namespace Couch.VersSimulator.Vms;

/// <summary>
/// A VM at one moment. Its state is read off the clock and never stored, so a boot or a death that is due has happened
/// without anybody having to do it.
/// </summary>
public sealed record SimulatedVm
{
    public required Guid Id { get; init; }

    public required Guid Commit { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset BootedAt { get; init; }

    /// <summary>Null until it is labelled.</summary>
    public ImmutableDictionary<string, string>? Labels { get; init; }

    /// <summary>When it was labelled last.</summary>
    public DateTimeOffset? LabelledAt { get; init; }

    /// <summary>Running, paused or sleeping: what it is between its boot and its death.</summary>
    public VmState Mode { get; init; } = VmState.Running;

    public DateTimeOffset? DeadFrom { get; init; }

    /// <summary>When it was destroyed or vanished, or will vanish.</summary>
    public DateTimeOffset? GoneFrom { get; init; }

    /// <summary>Somebody destroyed it, so the account remembers that it was there.</summary>
    public bool WasDestroyed { get; init; }

    public required int DiskMib { get; init; }

    public required VmUsage Usage { get; init; }

    /// <summary>By absolute path.</summary>
    public ImmutableDictionary<string, VmFile> Files { get; init; } = ImmutableDictionary<string, VmFile>.Empty;

    public bool ExistsAt(DateTimeOffset now) => GoneFrom is null || now < GoneFrom;

    /// <summary>As it was then.</summary>
    public SimulatedVm At(DateTimeOffset moment) => LabelledAt > moment ? this with { Labels = null } : this;

    public VmState StateAt(DateTimeOffset now) =>
        now >= DeadFrom ? VmState.Dead
        : now < BootedAt ? VmState.Booting
        : Mode;
}

/// <param name="Mode">The permission bits.</param>
public sealed record VmFile(ReadOnlyMemory<byte> Content, int Mode);
