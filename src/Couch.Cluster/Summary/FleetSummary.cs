using Couch.Domain.Guests;
using Couch.Domain.Invites;

namespace Couch.Cluster.Summary;

/// <summary>What a host wants to know first, as of one moment.</summary>
public sealed record FleetSummary
{
    /// <summary>When the table was read.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How many guests there are in each status; a status that is missing has none.</summary>
    public required IReadOnlyDictionary<GuestStatus, long> Guests { get; init; }

    /// <summary>How many invites there are in each status; a status that is missing has none.</summary>
    public required IReadOnlyDictionary<InviteStatus, long> Invites { get; init; }

    /// <summary>What the guests that are staying have used so far, added up.</summary>
    public required ResourceUsage Usage { get; init; }

    /// <summary>
    /// How many guests' VMs are still to be destroyed: of guests that have ended, and of guests that run on another VM, given by hand.
    /// </summary>
    public required long DestroysOutstanding { get; init; }

    /// <summary>Since when the longest of them is to be destroyed; null where there is none.</summary>
    public required DateTimeOffset? OldestDestroy { get; init; }

    /// <summary>How many guests have waited for their VM for more than a minute.</summary>
    public required long ProvisioningOverAMinute { get; init; }
}
