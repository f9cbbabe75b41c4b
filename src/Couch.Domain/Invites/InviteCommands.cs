using Couch.Domain.Guests;
using Couch.Domain.Keys;
using Couch.Domain.Values;

namespace Couch.Domain.Invites;

/// <summary>Make an invite.</summary>
[GenerateSerializer, Immutable, Alias("couch.CreateInvite")]
public sealed record CreateInvite
{
    /// <summary>The id that the invite will have. It contains the time of its creation.</summary>
    [Id(0)] public required InviteId Id { get; init; }

    /// <summary>Who invites, in the host's words: not blank, at most <see cref="Bounds.MostName"/> UTF-16 units.</summary>
    [Id(1)] public required string CreatedBy { get; init; }

    /// <summary>What the invite is for, at most <see cref="Bounds.MostLabel"/> UTF-16 units; may be empty, not null.</summary>
    [Id(2)] public required string Label { get; init; }

    /// <summary>What the guest may use. The invite is refused where a limit is out of its bounds.</summary>
    [Id(3)] public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>What the guest may reach.</summary>
    [Id(4)] public required Permissions Permissions { get; init; }

    /// <summary>What happens to the guest over a limit.</summary>
    [Id(5)] public required Enforcement Enforcement { get; init; }

    /// <summary>More than 0, at most <see cref="Invite.MostOpenHours"/>.</summary>
    [Id(6)] public required double ExpiresInHours { get; init; }

    /// <summary>By which host key.</summary>
    [Id(7)] public Actor? By { get; init; }

    /// <summary>The idempotency key and the body it came with, as hashes; null where the host sent no key.</summary>
    [Id(8)] public Idempotency? Under { get; init; }

    /// <summary>
    /// From when <see cref="ExpiresInHours"/> count, where an earlier request under the same key drew the id and made no invite; at most
    /// <see cref="Idempotency.Remembered"/> after it. Null: from the id's own time.
    /// </summary>
    [Id(9)] public DateTimeOffset? OpenFrom { get; init; }

    /// <exception cref="OutOfBoundsException">A field is not within its bounds.</exception>
    internal void MustBeWithinBounds() => Bounds.Demand(
        InviteId.TryParse(Id.Value, out _) ? null : "id must be an invite's id",
        Bounds.Required("createdBy", CreatedBy, Bounds.MostName),
        Bounds.Present("label", Label) ?? Bounds.Text("label", Label, Bounds.MostLabel),
        ResourceLimits is null ? "resourceLimits is required" : ResourceLimits.WhyNot() ?? ResourceLimits.WhyTooSmall(),
        Bounds.Present("permissions", Permissions),
        Bounds.Defined("enforcement", Enforcement),
        Bounds.Above0("expiresInHours", ExpiresInHours, Invite.MostOpenHours),
        Actor.WhyNot(By),
        Under?.WhyNot(),
        OpenFrom is { } from && from - Id.CreatedAt > Idempotency.Remembered
            ? "openFrom must be within a day after the time of the id"
            : null);
}

/// <summary>Redeem an invite. The gateway has verified the code and does not pass it on.</summary>
[GenerateSerializer, Immutable, Alias("couch.RedeemInvite")]
public sealed record RedeemInvite
{
    /// <summary>What the guest wants to be called: not blank, at most <see cref="Bounds.MostName"/> UTF-16 units.</summary>
    [Id(0)] public required string GuestName { get; init; }

    /// <summary>One OpenSSH public key; null where the guest sent none.</summary>
    [Id(1)] public string? PublicKey { get; init; }

    /// <summary>The idempotency key and the body it came with, as hashes; null where the guest sent no key.</summary>
    [Id(2)] public Idempotency? Idempotency { get; init; }

    /// <exception cref="OutOfBoundsException">A field is not within its bounds.</exception>
    internal void MustBeWithinBounds() => Bounds.Demand(
        Bounds.Required("name", GuestName, Bounds.MostName),
        Bounds.Text("publicKey", PublicKey, Bounds.MostPublicKey),
        Idempotency?.WhyNot());
}
