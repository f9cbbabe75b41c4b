namespace Couch.Client;

/// <summary>What is in a couch, and what it still owes.</summary>
public sealed record CouchSummary
{
    /// <summary>As of when.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How many guests there are, by status.</summary>
    public required GuestCounts Guests { get; init; }

    /// <summary>How many invites there are, by status.</summary>
    public required InviteCounts Invites { get; init; }

    /// <summary>What the guests that stay have used, summed.</summary>
    public required ResourceUsage Usage { get; init; }

    /// <summary>What is outstanding. All zero is good.</summary>
    public required Owed Owed { get; init; }

    /// <summary>
    /// Where VMs come from; null when guests wait for a host to activate them, or when it is not known.
    /// </summary>
    public string? VmProvider { get; init; }

    /// <summary>What was wrong when the VM provider was last asked; null when nothing was, or it is not known.</summary>
    public VmTrouble? VmTrouble { get; init; }
}

/// <summary>What is wrong with the VM provider.</summary>
public sealed record VmTrouble
{
    /// <summary>One of <see cref="VmFault"/>, or a later couch's word.</summary>
    public required string Fault { get; init; }

    /// <summary>In a sentence.</summary>
    public required string Says { get; init; }

    /// <summary>When the provider was asked.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>Words for what is wrong with a VM provider.</summary>
public static class VmFault
{
    /// <summary>It does not answer.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>It does not accept the couch's key.</summary>
    public const string KeyRefused = "key-refused";

    /// <summary>It does not have the image or the commit that VMs are made from.</summary>
    public const string ImageMissing = "image-missing";

    /// <summary>It answers that it has failed, or has too much to do.</summary>
    public const string Failing = "failing";
}

/// <summary>How many guests there are, by status.</summary>
public sealed record GuestCounts
{
    /// <inheritdoc cref="GuestStatus.Provisioning"/>
    public long Provisioning { get; init; }

    /// <inheritdoc cref="GuestStatus.Running"/>
    public long Running { get; init; }

    /// <inheritdoc cref="GuestStatus.Stopped"/>
    public long Stopped { get; init; }

    /// <inheritdoc cref="GuestStatus.Expired"/>
    public long Expired { get; init; }

    /// <inheritdoc cref="GuestStatus.Revoked"/>
    public long Revoked { get; init; }
}

/// <summary>How many invites there are, by status.</summary>
public sealed record InviteCounts
{
    /// <inheritdoc cref="InviteStatus.Active"/>
    public long Active { get; init; }

    /// <inheritdoc cref="InviteStatus.Redeemed"/>
    public long Redeemed { get; init; }

    /// <inheritdoc cref="InviteStatus.Revoked"/>
    public long Revoked { get; init; }

    /// <inheritdoc cref="InviteStatus.Expired"/>
    public long Expired { get; init; }
}

/// <summary>What is outstanding.</summary>
public sealed record Owed
{
    /// <summary>
    /// VMs that are to be destroyed and not yet known to be: of ended guests, and of guests that run on another VM, given by hand.
    /// </summary>
    public long DestroysOutstanding { get; init; }

    /// <summary>The age of the oldest of them, in seconds; null where there is none.</summary>
    public double? OldestDestroySeconds { get; init; }

    /// <summary>VMs that are nobody's, as of the last sweep; null where there is no VM provider, or it is not known yet.</summary>
    public long? UnclaimedVms { get; init; }

    /// <summary>Guests that have been provisioning for over a minute.</summary>
    public long ProvisioningOverAMinute { get; init; }
}
