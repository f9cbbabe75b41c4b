using Couch.Domain.Guests;
using Couch.Domain.Keys;

namespace Couch.Domain.Invites;

/// <summary>Make an invite. Every field has been checked at the door.</summary>
[GenerateSerializer, Immutable, Alias("couch.CreateInvite")]
public sealed record CreateInvite
{
    [Id(0)] public required InviteId Id { get; init; }
    [Id(1)] public required string CreatedBy { get; init; }
    [Id(2)] public required string Label { get; init; }
    [Id(3)] public required ResourceLimits ResourceLimits { get; init; }
    [Id(4)] public required Permissions Permissions { get; init; }
    [Id(5)] public required Enforcement Enforcement { get; init; }

    /// <summary>More than 0, at most <see cref="Invite.MostOpenHours"/>.</summary>
    [Id(6)] public required double ExpiresInHours { get; init; }

    /// <summary>By which host key.</summary>
    [Id(7)] public Actor? By { get; init; }
}

/// <summary>Let a guest in. The code has been verified at the door and does not travel further.</summary>
[GenerateSerializer, Immutable, Alias("couch.RedeemInvite")]
public sealed record RedeemInvite
{
    [Id(0)] public required string GuestName { get; init; }
    [Id(1)] public string? PublicKey { get; init; }
    [Id(2)] public Idempotency? Idempotency { get; init; }
}
