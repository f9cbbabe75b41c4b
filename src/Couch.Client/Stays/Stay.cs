namespace Couch.Client;

/// <summary>A guest's stay, as the guest sees it.</summary>
public sealed record Stay
{
    /// <summary>The guest's ULID.</summary>
    public required string GuestId { get; init; }

    /// <summary>The name that the guest gave itself.</summary>
    public required string Name { get; init; }

    /// <summary>The status of its stay: see <see cref="GuestStatus"/>.</summary>
    public required string Status { get; init; }

    /// <summary>Its VM's id at the provider; null until it has one.</summary>
    public string? VmId { get; init; }

    /// <summary>Where its agent is reached; null until it runs.</summary>
    public string? AgentEndpoint { get; init; }

    /// <summary>What it has used so far.</summary>
    public required ResourceUsage ResourceUsage { get; init; }

    /// <summary>What it may use.</summary>
    public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>What it may reach.</summary>
    public required Permissions Permissions { get; init; }

    /// <summary>When its stay expires.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>The answer to a redeemed invite. It is the only answer that shows the guest's token.</summary>
public sealed record Redemption
{
    /// <summary>The guest's ULID.</summary>
    public required string GuestId { get; init; }

    /// <summary><see cref="GuestStatus.Provisioning"/>: the guest does not have its VM yet.</summary>
    public required string Status { get; init; }

    /// <summary>The guest's own secret, beginning <c>guest_</c>.</summary>
    public required Secret AuthToken { get; init; }

    /// <summary>What the guest may use.</summary>
    public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>What the guest may reach.</summary>
    public required Permissions Permissions { get; init; }

    /// <summary>When the guest's stay expires.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Null: the status shows where the agent is reached, once it runs.</summary>
    public string? AgentEndpoint { get; init; }
}

/// <summary>The end of a stay that the guest has ended itself.</summary>
public sealed record CheckedOut
{
    /// <summary>The guest's ULID.</summary>
    public required string Id { get; init; }

    /// <summary><see cref="GuestStatus.Stopped"/>.</summary>
    public required string Status { get; init; }

    /// <summary>When the stay ended.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary><see cref="Client.EndReason.CheckedOut"/>.</summary>
    public string? EndReason { get; init; }
}

/// <summary>A guest's request to redeem an invite.</summary>
internal sealed record RedeemBody(Secret Code, string Name, string? PublicKey);

/// <summary>The code of an invite that is to be looked at.</summary>
internal sealed record CodeBody(Secret Code);
