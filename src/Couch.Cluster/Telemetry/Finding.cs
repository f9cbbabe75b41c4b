using System.Text.Json.Serialization;

namespace Couch.Cluster.Telemetry;

/// <summary>What the safety net finds. Each should stay at none; the words are labels of a metric, so never change one.</summary>
public enum Finding
{
    /// <summary>A row past its time that its own tick had not settled.</summary>
    [JsonStringEnumMemberName("overdue-row")] OverdueRow,

    /// <summary>
    /// A row past its time by the clock of the node that keeps house, and not by the clock of its own: they are minutes apart.
    /// </summary>
    [JsonStringEnumMemberName("clocks-apart")] ClocksApart,

    /// <summary>A redeemed invite whose guest was missing and has been brought.</summary>
    [JsonStringEnumMemberName("missing-guest")] MissingGuest,

    /// <summary>A VM under this couch's claim that no staying guest owns: destroyed.</summary>
    [JsonStringEnumMemberName("stray-vm")] StrayVm,

    /// <summary>A running guest's VM that the provider no longer lists.</summary>
    [JsonStringEnumMemberName("vanished-vm")] VanishedVm,

    /// <summary>A guest whose work on its VM had stopped: poked.</summary>
    [JsonStringEnumMemberName("stuck-guest")] StuckGuest,

    /// <summary>A running guest that was not measured any more: woken.</summary>
    [JsonStringEnumMemberName("unmetered-guest")] UnmeteredGuest,

    /// <summary>A row that this version cannot read; found again each time that all rows have been looked through.</summary>
    [JsonStringEnumMemberName("unreadable-row")] UnreadableRow,

    /// <summary>A pass that found too much at once and held its hand.</summary>
    [JsonStringEnumMemberName("hold")] Hold,
}
