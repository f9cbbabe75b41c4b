using Couch.Domain.Invites;
using Couch.Domain.Values;

namespace Couch.Domain.Guests;

/// <summary>
/// What an invite has decided about the guest that it brings. The id and the limits say when the guest arrived and until when it may stay.
/// </summary>
[GenerateSerializer, Immutable, Alias("couch.Admission")]
public sealed record Admission
{
    /// <summary>The invite that brings the guest.</summary>
    [Id(0)] public required InviteId InviteId { get; init; }

    /// <summary>What the guest wants to be called: not blank, at most <see cref="Bounds.MostName"/> UTF-16 units.</summary>
    [Id(1)] public required string GuestName { get; init; }

    /// <summary>One OpenSSH public key, or null.</summary>
    [Id(2)] public string? PublicKey { get; init; }

    /// <summary>What the guest may use, as the invite says it.</summary>
    [Id(3)] public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>What the guest may reach, as the invite says it.</summary>
    [Id(4)] public required Permissions Permissions { get; init; }

    /// <summary>What happens to the guest over a limit, as the invite says it.</summary>
    [Id(5)] public required Enforcement Enforcement { get; init; }

    /// <summary>What a redeemed invite has decided.</summary>
    public static Admission Of(Invite invite)
    {
        var redemption = invite.Redemption ?? throw new ArgumentException("the invite has not been redeemed", nameof(invite));
        return new()
        {
            InviteId = invite.Id,
            GuestName = redemption.GuestName,
            PublicKey = redemption.PublicKey,
            ResourceLimits = invite.ResourceLimits,
            Permissions = invite.Permissions,
            Enforcement = invite.Enforcement,
        };
    }

    /// <summary>Checks what was sent.</summary>
    /// <exception cref="OutOfBoundsException">No guest can be made from it.</exception>
    public void MustBeWithinBounds() => Bounds.Demand(
        InviteId.TryParse(InviteId.Value, out _) ? null : "inviteId must be an invite's id",
        Bounds.Required("name", GuestName, Bounds.MostName),
        Bounds.Text("publicKey", PublicKey, Bounds.MostPublicKey),
        Bounds.Present("permissions", Permissions),
        Bounds.Defined("enforcement", Enforcement),
        ResourceLimits is null ? "resourceLimits is required" : ResourceLimits.WhyNot());
}
