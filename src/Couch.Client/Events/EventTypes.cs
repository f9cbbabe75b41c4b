namespace Couch.Client;

/// <summary>
/// The types of events, and names for several of them, which only filters take. A later couch may have other types.
/// </summary>
public static class EventTypes
{
    /// <summary>All of invites.</summary>
    public const string AllOfInvites = "couch.invite.*";

    /// <summary>All of guests.</summary>
    public const string AllOfGuests = "couch.guest.*";

    /// <summary>An invite was made.</summary>
    public const string InviteCreated = "couch.invite.created";

    /// <summary>An invite was redeemed.</summary>
    public const string InviteRedeemed = "couch.invite.redeemed";

    /// <summary>An invite was revoked.</summary>
    public const string InviteRevoked = "couch.invite.revoked";

    /// <summary>An invite was not redeemed in time.</summary>
    public const string InviteExpired = "couch.invite.expired";

    /// <summary>A guest has its VM.</summary>
    public const string GuestActivated = "couch.guest.activated";

    /// <summary>A host has killed a guest.</summary>
    public const string GuestKilled = "couch.guest.killed";

    /// <summary>A guest's time was up.</summary>
    public const string GuestExpired = "couch.guest.expired";

    /// <summary>A guest was ended by a limit, by itself, or by a failure.</summary>
    public const string GuestStopped = "couch.guest.stopped";

    /// <summary>A guest was given more time.</summary>
    public const string GuestExtended = "couch.guest.extended";

    /// <summary>A guest exceeds a limit that it did not exceed before.</summary>
    public const string GuestLimitsExceeded = "couch.guest.limits_exceeded";

    /// <summary>No VM could be had for a guest.</summary>
    public const string ProvisionFailed = "couch.provision.failed";

    /// <summary>The VM provider has confirmed that nothing is left of a VM.</summary>
    public const string VmDestroyed = "couch.vm.destroyed";

    /// <summary>A host key was made.</summary>
    public const string KeyCreated = "couch.key.created";

    /// <summary>A host key was revoked.</summary>
    public const string KeyRevoked = "couch.key.revoked";

    /// <summary>A test of a webhook. It is not in the log.</summary>
    public const string WebhookTest = "couch.webhook.test";
}
