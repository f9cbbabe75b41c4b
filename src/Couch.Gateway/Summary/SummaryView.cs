using Couch.Cluster.Housekeeping;
using Couch.Cluster.Summary;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Domain.Vms;

namespace Couch.Gateway.Summary;

/// <summary>The whole couch at a glance: what is there, what is used, and what is owed.</summary>
public sealed record SummaryView
{
    /// <summary>As of when.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How many guests there are, by status.</summary>
    public required GuestCounts Guests { get; init; }

    /// <summary>How many invites there are, by status.</summary>
    public required InviteCounts Invites { get; init; }

    /// <summary>What the guests that are provisioning or running have used so far, added up.</summary>
    public required ResourceUsage Usage { get; init; }

    /// <summary>What is still to be done for guests; all zero or null is well.</summary>
    public required OwedView Owed { get; init; }

    /// <summary>
    /// Where VMs come from: <c>vers</c>, <c>docker</c>, or <c>demo</c>, which only pretends; null when guests wait for a host to activate
    /// them, or when it is not known.
    /// </summary>
    public required string? VmProvider { get; init; }

    /// <summary>What was wrong when the VM provider was last asked; null when nothing was, or it is not known.</summary>
    public required VmTroubleView? VmTrouble { get; init; }

    internal static SummaryView Of(FleetSummary summary, ProviderSeen? provider) => new()
    {
        At = summary.At,
        VmProvider = provider?.Name,
        VmTrouble = VmTroubleView.Of(provider),
        Guests = new()
        {
            Provisioning = summary.Guests.GetValueOrDefault(GuestStatus.Provisioning),
            Running = summary.Guests.GetValueOrDefault(GuestStatus.Running),
            Stopped = summary.Guests.GetValueOrDefault(GuestStatus.Stopped),
            Expired = summary.Guests.GetValueOrDefault(GuestStatus.Expired),
            Revoked = summary.Guests.GetValueOrDefault(GuestStatus.Revoked),
        },
        Invites = new()
        {
            Active = summary.Invites.GetValueOrDefault(InviteStatus.Active),
            Redeemed = summary.Invites.GetValueOrDefault(InviteStatus.Redeemed),
            Revoked = summary.Invites.GetValueOrDefault(InviteStatus.Revoked),
            Expired = summary.Invites.GetValueOrDefault(InviteStatus.Expired),
        },
        Usage = summary.Usage,
        Owed = new()
        {
            DestroysOutstanding = summary.DestroysOutstanding,
            OldestDestroySeconds = summary.OldestDestroy is { } oldest
                ? Math.Max(0, Math.Round((summary.At - oldest).TotalSeconds, 3))
                : null,
            UnclaimedVms = provider?.Unclaimed,
            ProvisioningOverAMinute = summary.ProvisioningOverAMinute,
        },
    };
}

/// <summary>What is wrong with the VM provider.</summary>
public sealed record VmTroubleView
{
    /// <summary>In a word.</summary>
    public required VmFault Fault { get; init; }

    /// <summary>In a sentence.</summary>
    public required string Says { get; init; }

    /// <summary>When the provider was asked.</summary>
    public required DateTimeOffset At { get; init; }

    internal static VmTroubleView? Of(ProviderSeen? provider) =>
        provider is { Fault: { } word, Says: { } says, At: { } at } && Words.TryParse<VmFault>(word, out var fault)
            ? new() { Fault = fault, Says = says, At = at }
            : null;
}

/// <summary>How many guests there are, by status.</summary>
public sealed record GuestCounts
{
    /// <summary>Waiting for their VM.</summary>
    public required long Provisioning { get; init; }

    /// <summary>Running.</summary>
    public required long Running { get; init; }

    /// <summary>Stopped: they left, went over a limit, or had no VM.</summary>
    public required long Stopped { get; init; }

    /// <summary>Their time was up.</summary>
    public required long Expired { get; init; }

    /// <summary>Killed.</summary>
    public required long Revoked { get; init; }
}

/// <summary>How many invites there are, by status.</summary>
public sealed record InviteCounts
{
    /// <summary>Still to be redeemed.</summary>
    public required long Active { get; init; }

    /// <summary>Redeemed by their guest.</summary>
    public required long Redeemed { get; init; }

    /// <summary>Taken back.</summary>
    public required long Revoked { get; init; }

    /// <summary>Their time was up.</summary>
    public required long Expired { get; init; }
}

/// <summary>What is still to be done for guests.</summary>
public sealed record OwedView
{
    /// <summary>
    /// How many guests' VMs are still to be destroyed: of guests that have ended, and of guests that run on another VM, given by hand.
    /// </summary>
    public required long DestroysOutstanding { get; init; }

    /// <summary>For how many seconds the longest of them has waited; null when none waits.</summary>
    public required double? OldestDestroySeconds { get; init; }

    /// <summary>
    /// How many VMs without a claim the last sweep found at the provider; null when there is no VM provider, or it has not been swept yet.
    /// </summary>
    public required int? UnclaimedVms { get; init; }

    /// <summary>How many guests have waited for their VM for more than a minute.</summary>
    public required long ProvisioningOverAMinute { get; init; }
}
