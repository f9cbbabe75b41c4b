using System.Text.Json.Serialization;
using Couch.Domain.Capabilities;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Gateway.Access;

namespace Couch.Gateway.Invites;

/// <summary>An invite, as its host sees it.</summary>
public sealed record InviteView
{
    /// <summary>Its ULID.</summary>
    public required string Id { get; init; }

    /// <summary>The secret that redeems it, beginning <c>inv_</c>.</summary>
    public required string Code { get; init; }

    /// <summary>What it is for; empty when no label was given.</summary>
    public required string Label { get; init; }

    /// <summary>Its status, as of now.</summary>
    public required InviteStatus Status { get; init; }

    /// <summary>What its guest may use.</summary>
    public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>What its guest may reach.</summary>
    public required Permissions Permissions { get; init; }

    /// <summary>What happens when its guest exceeds a limit.</summary>
    public required Enforcement Enforcement { get; init; }

    /// <summary>The name of the host that invites.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Until when it may be redeemed.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was redeemed; left out until then.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? RedeemedAt { get; init; }

    /// <summary>The name of the guest that redeemed it; left out until then.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RedeemedBy { get; init; }

    /// <summary>The guest that redeemed it; left out until then.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? GuestId { get; init; }

    /// <summary>The host key that made it; both fields are null when that was not recorded.</summary>
    public required ActorView CreatedWith { get; init; }

    /// <summary>The host key that revoked it; both fields are null when it was not revoked.</summary>
    public required ActorView RevokedWith { get; init; }

    internal static InviteView Of(Invite invite, SigningKeys keys) => new()
    {
        Id = invite.Id.Value,
        Code = keys.Sign(invite.Id).Reveal(),
        Label = invite.Label,
        Status = invite.Status,
        ResourceLimits = invite.ResourceLimits,
        Permissions = invite.Permissions,
        Enforcement = invite.Enforcement,
        CreatedBy = invite.CreatedBy,
        CreatedAt = invite.CreatedAt,
        ExpiresAt = invite.ExpiresAt,
        RedeemedAt = invite.Redemption?.RedeemedAt,
        RedeemedBy = invite.Redemption?.GuestName,
        GuestId = invite.Redemption?.GuestId.Value,
        CreatedWith = ActorView.Of(invite.CreatedWith),
        RevokedWith = ActorView.Of(invite.RevokedWith),
    };
}

/// <summary>A page of invites.</summary>
public sealed record InviteList
{
    /// <summary>The invites, newest first.</summary>
    public required IReadOnlyList<InviteView> Invites { get; init; }

    /// <summary>How many are in this answer.</summary>
    public required int Count { get; init; }

    /// <summary>The <c>cursor</c> of the next page; null at the end.</summary>
    public required string? NextCursor { get; init; }

    /// <summary>
    /// Ids of invites that belong here and whose stored rows this version of the couch cannot read; not in the count, and empty unless
    /// something is wrong.
    /// </summary>
    public required IReadOnlyList<string> Unreadable { get; init; }
}
