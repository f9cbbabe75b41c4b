using System.Text.Json.Serialization;

namespace Couch.Cluster.Telemetry;

/// <summary>What the safety net finds. Each should stay at none; the words are labels of a metric, so never change one.</summary>
public enum Finding
{
    /// <summary>A row past its time that its own tick had not settled.</summary>
    [JsonStringEnumMemberName("overdue-row")] OverdueRow,

    /// <summary>
    /// A row that is overdue by the clock of the node that runs housekeeping, but not by its own node's clock: the clocks are
    /// minutes apart.
    /// </summary>
    [JsonStringEnumMemberName("clocks-apart")] ClocksApart,

    /// <summary>A redeemed invite whose guest was missing and has been created.</summary>
    [JsonStringEnumMemberName("missing-guest")] MissingGuest,

    /// <summary>A VM under this couch's claim that no staying guest owns: destroyed.</summary>
    [JsonStringEnumMemberName("stray-vm")] StrayVm,

    /// <summary>A running guest's VM that the provider no longer lists.</summary>
    [JsonStringEnumMemberName("vanished-vm")] VanishedVm,

    /// <summary>A guest whose work on its VM had stopped: called to resume it.</summary>
    [JsonStringEnumMemberName("stuck-guest")] StuckGuest,

    /// <summary>A running guest that was no longer measured: woken.</summary>
    [JsonStringEnumMemberName("unmetered-guest")] UnmeteredGuest,

    /// <summary>A row that this version cannot read; found again in each round over all rows.</summary>
    [JsonStringEnumMemberName("unreadable-row")] UnreadableRow,

    /// <summary>A pass that found too much at once, and took no action.</summary>
    [JsonStringEnumMemberName("hold")] Hold,
}
