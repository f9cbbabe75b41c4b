namespace Couch.Client;

/// <summary>The record of a guest's VM: what was requested, and what the VM provider has confirmed.</summary>
public sealed record Vm
{
    /// <summary>The VM provider; null when there is none.</summary>
    public string? Host { get; init; }

    /// <summary>Its state: see <see cref="VmState"/>.</summary>
    public string State { get; init => field = value ?? VmState.None; } = VmState.None;

    /// <summary>When it was first requested; null when it was not.</summary>
    public DateTimeOffset? RequestedAt { get; init; }

    /// <summary>When it was seen ready; null until then.</summary>
    public DateTimeOffset? ReadyAt { get; init; }

    /// <summary>When its destruction was requested; null until then.</summary>
    public DateTimeOffset? DestroyRequestedAt { get; init; }

    /// <summary>The receipt: when the VM provider confirmed that nothing is left. Null until then.</summary>
    public DateTimeOffset? DestroyedAt { get; init; }

    /// <summary>How many attempts were made to get it.</summary>
    public int Attempts { get; init; }

    /// <summary>The last error that the VM provider reported; null when there was none.</summary>
    public string? LastError { get; init; }

    /// <summary>VMs that attempts of unknown outcome may have left. A receipt does not cover them.</summary>
    public int Unaccounted { get; init; }
}

/// <summary>The words of a VM's state. A later couch may have others.</summary>
public static class VmState
{
    /// <summary>There is no VM provider, or no VM has been ordered.</summary>
    public const string None = "none";

    /// <summary>The provider is being asked for it, or will be asked again.</summary>
    public const string Requested = "requested";

    /// <summary>The provider has made it; it is not ready yet.</summary>
    public const string Booting = "booting";

    /// <summary>Seen ready.</summary>
    public const string Ready = "ready";

    /// <summary>The guest has ended; the destruction is requested until the provider confirms it.</summary>
    public const string Destroying = "destroying";

    /// <summary>The provider has confirmed that nothing is left.</summary>
    public const string Destroyed = "destroyed";

    /// <summary>It vanished while its guest was running.</summary>
    public const string Lost = "lost";

    /// <summary>The guest has ended, and its VM, which was given by hand, stays: the couch may not destroy it.</summary>
    public const string Left = "left";
}
