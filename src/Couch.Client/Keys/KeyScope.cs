namespace Couch.Client;

/// <summary>The words for what a host key may do. A later couch may have others.</summary>
public static class KeyScope
{
    /// <summary>Make, show, list and revoke invites.</summary>
    public const string Invites = "invites";

    /// <summary>Show, list, activate, extend and end guests.</summary>
    public const string Guests = "guests";

    /// <summary>Report what a guest uses, which may end it, and show one guest.</summary>
    public const string Meter = "meter";

    /// <summary>Make, show, list and revoke host keys.</summary>
    public const string Keys = "keys";

    /// <summary>Read the log of events, and follow it.</summary>
    public const string Events = "events";

    /// <summary>Make, show, list and delete webhooks.</summary>
    public const string Webhooks = "webhooks";

    /// <summary>Have VMs that the key's holder gives to guests by hand destroyed at the guests' ends.</summary>
    public const string Vms = "vms";
}
