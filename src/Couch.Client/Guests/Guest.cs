namespace Couch.Client;

/// <summary>What a host is told of a guest, in every answer about one.</summary>
public abstract record GuestFacts
{
    private protected GuestFacts()
    {
    }

    /// <summary>Its ULID.</summary>
    public required string Id { get; init; }

    /// <summary>The name that the guest gave itself.</summary>
    public required string Name { get; init; }

    /// <summary>The status of its stay, as of the answer: see <see cref="GuestStatus"/>.</summary>
    public required string Status { get; init; }

    /// <summary>Its VM's id at the provider; null until it has one.</summary>
    public string? VmId { get; init; }

    /// <summary>Where its agent is reached; null until it runs.</summary>
    public string? AgentEndpoint { get; init; }

    /// <summary>What it has used so far.</summary>
    public required ResourceUsage ResourceUsage { get; init; }

    /// <summary>What it may use.</summary>
    public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>When it arrived.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its stay expires.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When its stay ended; null while staying.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>Why its stay ended: see <see cref="Client.EndReason"/>. Null while staying.</summary>
    public string? EndReason { get; init; }

    /// <summary>Details of the end, if there are any.</summary>
    public string? EndDetail { get; init; }

    /// <summary>The host key whose kill or usage report ended it; null while staying, and when no key ended it.</summary>
    public Actor? EndedWith { get; init; }

    /// <summary>The VM's own record.</summary>
    public Vm Vm { get; init => field = value ?? new(); } = new();
}

/// <summary>A guest, as its host sees it. It does not contain the guest's token.</summary>
public sealed record Guest : GuestFacts
{
    /// <summary>The OpenSSH public key that it gave; null when it gave none.</summary>
    public string? PublicKey { get; init; }

    /// <summary>The invite that it redeemed.</summary>
    public required string InviteId { get; init; }

    /// <summary>What it may reach.</summary>
    public required Permissions Permissions { get; init; }

    /// <summary>What happens when it exceeds a limit: see <see cref="Client.Enforcement"/>.</summary>
    public string Enforcement { get; init => field = value ?? Client.Enforcement.Stop; } = Client.Enforcement.Stop;

    /// <summary>The host key that activated it; nobody's where it was not activated by hand.</summary>
    public Actor ActivatedWith { get; init => field = value ?? Actor.Nobody; } = Actor.Nobody;

    /// <summary>The host key that last gave it more time; nobody's where none did.</summary>
    public Actor ExtendedWith { get; init => field = value ?? Actor.Nobody; } = Actor.Nobody;

    /// <summary>The host key that killed it; nobody's where it was not killed.</summary>
    public Actor KilledWith { get; init => field = value ?? Actor.Nobody; } = Actor.Nobody;
}

/// <summary>What a guest has used, and which limits it is above.</summary>
public sealed record GuestReport : GuestFacts
{
    /// <summary>Whether it is above any limit.</summary>
    public required bool LimitsExceeded { get; init; }

    /// <summary>The limits it is above, like <c>tokens: 200/100</c>; empty when there are none.</summary>
    public IReadOnlyList<string> Violations { get; init => field = value ?? []; } = [];
}

/// <summary>A page of guests.</summary>
public sealed record GuestPage
{
    /// <summary>The guests, newest first.</summary>
    public required IReadOnlyList<Guest> Guests { get; init; }

    /// <summary>How many are on this page.</summary>
    public int Count { get; init; }

    /// <summary>Where the next page begins; null at the end.</summary>
    public string? NextCursor { get; init; }

    /// <summary>
    /// Ids of guests that belong here and whose stored rows the couch cannot read; empty unless something is wrong. They can be killed.
    /// </summary>
    public IReadOnlyList<string> Unreadable { get; init => field = value ?? []; } = [];
}

/// <summary>The end of a killed guest.</summary>
public sealed record KilledGuest
{
    /// <summary>The guest's ULID.</summary>
    public required string Id { get; init; }

    /// <summary><see cref="GuestStatus.Revoked"/>.</summary>
    public required string Status { get; init; }

    /// <summary>When its stay ended.</summary>
    public DateTimeOffset? StoppedAt { get; init; }
}
