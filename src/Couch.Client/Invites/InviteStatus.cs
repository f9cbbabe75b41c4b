namespace Couch.Client;

/// <summary>The words of an invite's status. A later couch may have others.</summary>
public static class InviteStatus
{
    /// <summary>Open: one guest may redeem it.</summary>
    public const string Active = "active";

    /// <summary>Redeemed by its one guest.</summary>
    public const string Redeemed = "redeemed";

    /// <summary>Revoked by a host before a guest redeemed it.</summary>
    public const string Revoked = "revoked";

    /// <summary>It was not redeemed in time.</summary>
    public const string Expired = "expired";
}

/// <summary>What happens when a guest exceeds a limit. A later couch may have other words.</summary>
public static class Enforcement
{
    /// <summary>The guest is stopped. The default.</summary>
    public const string Stop = "stop";

    /// <summary>The limit is named in its violations and in an event, and nothing else happens.</summary>
    public const string Report = "report";
}
