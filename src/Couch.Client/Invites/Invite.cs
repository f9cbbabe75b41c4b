namespace Couch.Client;

/// <summary>An invite, as its host sees it.</summary>
public sealed record Invite
{
    /// <summary>Its ULID.</summary>
    public required string Id { get; init; }

    /// <summary>The secret that redeems it, beginning <c>inv_</c>.</summary>
    public required Secret Code { get; init; }

    /// <summary>What it is for; empty when no label was given.</summary>
    public string Label { get; init => field = value ?? ""; } = "";

    /// <summary>Its status, as of the answer: see <see cref="InviteStatus"/>.</summary>
    public required string Status { get; init; }

    /// <summary>What its guest may use.</summary>
    public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>What its guest may reach.</summary>
    public required Permissions Permissions { get; init; }

    /// <summary>What happens when its guest exceeds a limit: see <see cref="Client.Enforcement"/>.</summary>
    public string Enforcement { get; init => field = value ?? Client.Enforcement.Stop; } = Client.Enforcement.Stop;

    /// <summary>The name of the host that invites.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Until when it may be redeemed.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was redeemed; null until then.</summary>
    public DateTimeOffset? RedeemedAt { get; init; }

    /// <summary>The name of the guest that redeemed it; null until then.</summary>
    public string? RedeemedBy { get; init; }

    /// <summary>The guest that redeemed it; null until then.</summary>
    public string? GuestId { get; init; }

    /// <summary>The host key that made it.</summary>
    public Actor CreatedWith { get; init => field = value ?? Actor.Nobody; } = Actor.Nobody;

    /// <summary>The host key that revoked it; nobody's where it was not revoked.</summary>
    public Actor RevokedWith { get; init => field = value ?? Actor.Nobody; } = Actor.Nobody;
}

/// <summary>A page of invites.</summary>
public sealed record InvitePage
{
    /// <summary>The invites, newest first.</summary>
    public required IReadOnlyList<Invite> Invites { get; init; }

    /// <summary>How many are on this page.</summary>
    public int Count { get; init; }

    /// <summary>Where the next page begins; null at the end.</summary>
    public string? NextCursor { get; init; }

    /// <summary>
    /// Ids of invites that belong here and whose stored rows the couch cannot read; empty unless something is wrong.
    /// </summary>
    public IReadOnlyList<string> Unreadable { get; init => field = value ?? []; } = [];
}

/// <summary>What an invite offers, for the holder of its code.</summary>
public sealed record InvitePreview
{
    /// <summary>What it is for; empty when no label was given.</summary>
    public string Label { get; init => field = value ?? ""; } = "";

    /// <summary>Whether it can still be redeemed: see <see cref="InviteStatus"/>.</summary>
    public required string Status { get; init; }

    /// <summary>What its guest may use.</summary>
    public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>What its guest may reach.</summary>
    public required Permissions Permissions { get; init; }

    /// <summary>Until when it may be redeemed.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}
