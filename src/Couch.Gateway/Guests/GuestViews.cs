using System.Diagnostics.CodeAnalysis;
using Couch.Domain.Guests;
using Couch.Gateway.Access;

namespace Couch.Gateway.Guests;

/// <summary>A guest, as its host sees it. It does not contain the guest's token.</summary>
public sealed record GuestView : HostGuestFacts
{
    [SetsRequiredMembers]
    private GuestView(Guest guest) : base(guest)
    {
        PublicKey = guest.PublicKey;
        InviteId = guest.InviteId.Value;
        Permissions = guest.Permissions;
        Enforcement = guest.Enforcement;
        ActivatedWith = ActorView.Of(guest.ActivatedWith);
        ExtendedWith = ActorView.Of(guest.ExtendedWith);
        KilledWith = ActorView.Of(guest.KilledWith);
    }

    /// <summary>The OpenSSH public key that it gave; null when it gave none.</summary>
    public required string? PublicKey { get; init; }

    /// <summary>The invite that it redeemed.</summary>
    public required string InviteId { get; init; }

    /// <summary>What it may reach.</summary>
    public required Permissions Permissions { get; init; }

    /// <summary>What happens when it exceeds a limit.</summary>
    public required Enforcement Enforcement { get; init; }

    /// <summary>The host key that activated it; both fields are null when it was not activated by hand.</summary>
    public required ActorView ActivatedWith { get; init; }

    /// <summary>The host key that last gave it more time; both fields are null when none did.</summary>
    public required ActorView ExtendedWith { get; init; }

    /// <summary>The host key that killed it; both fields are null when it was not killed.</summary>
    public required ActorView KilledWith { get; init; }

    internal static GuestView Of(Guest guest) => new(guest);
}

/// <summary>A page of guests.</summary>
public sealed record GuestList
{
    /// <summary>The guests, newest first.</summary>
    public required IReadOnlyList<GuestView> Guests { get; init; }

    /// <summary>How many are in this answer.</summary>
    public required int Count { get; init; }

    /// <summary>The <c>cursor</c> of the next page; null at the end.</summary>
    public required string? NextCursor { get; init; }

    /// <summary>
    /// Ids of guests that belong here and whose stored rows this version of the couch cannot read; not in the count, and empty unless
    /// something is wrong.
    /// </summary>
    public required IReadOnlyList<string> Unreadable { get; init; }
}
