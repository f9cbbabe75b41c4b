namespace Couch.Client;

/// <summary>The words of a guest's status. A later couch may have others.</summary>
public static class GuestStatus
{
    /// <summary>Arrived; its VM is being provisioned, or a host has yet to activate it by hand.</summary>
    public const string Provisioning = "provisioning";

    /// <summary>Has a VM and an endpoint.</summary>
    public const string Running = "running";

    /// <summary>Ended by a limit, by the guest itself, or by a failure; the end reason says which.</summary>
    public const string Stopped = "stopped";

    /// <summary>Its time was up.</summary>
    public const string Expired = "expired";

    /// <summary>A host killed it.</summary>
    public const string Revoked = "revoked";
}

/// <summary>The words for why a guest ended. A later couch may have others.</summary>
public static class EndReason
{
    /// <summary>Its time was up.</summary>
    public const string Expired = "expired";

    /// <summary>A host used the kill switch.</summary>
    public const string Killed = "killed";

    /// <summary>It went over a limit that is enforced.</summary>
    public const string LimitsExceeded = "limits-exceeded";

    /// <summary>No VM could be had for it.</summary>
    public const string ProvisioningFailed = "provisioning-failed";

    /// <summary>Its VM vanished.</summary>
    public const string VmLost = "vm-lost";

    /// <summary>It left by itself.</summary>
    public const string CheckedOut = "checked-out";

    /// <summary>The guest that had invited it ended.</summary>
    public const string ParentEnded = "parent-ended";
}
