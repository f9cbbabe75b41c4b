using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Couch.Domain.Capabilities;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Gateway.Guests;

namespace Couch.Gateway.Stays;

/// <summary>The answer to a redeemed invite. It is the only answer that shows the guest's token.</summary>
public sealed record RedeemedView
{
    /// <summary>The guest's ULID.</summary>
    public required string GuestId { get; init; }

    /// <summary>Always <c>provisioning</c>: the guest does not have its VM yet.</summary>
    public required GuestStatus Status { get; init; }

    /// <summary>The guest's own secret, beginning <c>guest_</c>.</summary>
    public required string AuthToken { get; init; }

    /// <summary>What the guest may use.</summary>
    public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>What the guest may reach.</summary>
    public required Permissions Permissions { get; init; }

    /// <summary>When the guest's stay expires.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Always null: the status shows where the agent is reached, once it runs.</summary>
    public required string? AgentEndpoint { get; init; }

    /// <summary>Made from the invite alone, so that a repeated redeem is answered alike whatever the guest has done since.</summary>
    internal static RedeemedView Of(Invite invite, SigningKeys keys)
    {
        var arriving = Guest.Arriving(invite);
        return new()
        {
            GuestId = arriving.Id.Value,
            Status = arriving.Status,
            AuthToken = keys.Sign(arriving.Id).Reveal(),
            ResourceLimits = arriving.ResourceLimits,
            Permissions = arriving.Permissions,
            ExpiresAt = arriving.ExpiresAt,
            AgentEndpoint = null,
        };
    }
}

/// <summary>A guest's stay, as the guest sees it.</summary>
public sealed record StayView : GuestFacts
{
    [SetsRequiredMembers]
    private StayView(Guest guest) : base(guest)
    {
        GuestId = guest.Id.Value;
        Permissions = guest.Permissions;
    }

    /// <summary>The guest's ULID.</summary>
    [JsonPropertyOrder(-3)]
    public required string GuestId { get; init; }

    /// <summary>What it may reach.</summary>
    public required Permissions Permissions { get; init; }

    internal static StayView Of(Guest guest) => new(guest);
}

/// <summary>What an invite offers, for the holder of its code.</summary>
public sealed record PreviewView
{
    /// <summary>What it is for; empty when no label was given.</summary>
    public required string Label { get; init; }

    /// <summary>Whether it can still be redeemed, as of now.</summary>
    public required InviteStatus Status { get; init; }

    /// <summary>What its guest may use.</summary>
    public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>What its guest may reach.</summary>
    public required Permissions Permissions { get; init; }

    /// <summary>Until when it may be redeemed.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    internal static PreviewView Of(Invite invite) => new()
    {
        Label = invite.Label,
        Status = invite.Status,
        ResourceLimits = invite.ResourceLimits,
        Permissions = invite.Permissions,
        ExpiresAt = invite.ExpiresAt,
    };
}

/// <summary>The end of a stay that the guest has ended itself.</summary>
public sealed record CheckedOutView
{
    /// <summary>The guest's ULID.</summary>
    public required string Id { get; init; }

    /// <summary>Always <c>stopped</c>.</summary>
    public required GuestStatus Status { get; init; }

    /// <summary>When the stay ended.</summary>
    public required DateTimeOffset? StoppedAt { get; init; }

    /// <summary>Always <c>checked-out</c>.</summary>
    public required string? EndReason { get; init; }

    internal static CheckedOutView Of(Guest guest) =>
        new() { Id = guest.Id.Value, Status = guest.Status, StoppedAt = guest.StoppedAt, EndReason = guest.EndReason?.Word() };

    internal static CheckedOutView Of(EndOutcome.EndedUnreadable ended) =>
        new() { Id = ended.GuestId.Value, Status = ended.Status, StoppedAt = ended.StoppedAt, EndReason = ended.Reason.Word() };
}
