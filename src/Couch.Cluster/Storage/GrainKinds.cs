namespace Couch.Cluster.Storage;

/// <summary>The words in a row's key. A state name is the row's kind: never change one.</summary>
public static class GrainKinds
{
    /// <summary>Orleans' ServiceId: part of every key, never changes.</summary>
    public const string Service = "couch";

    /// <summary>An invite's row, keyed by its <see cref="Domain.Invites.InviteId"/>.</summary>
    public const string Invite = "invite";

    /// <summary>A guest's row, keyed by its <see cref="Domain.Guests.GuestId"/>.</summary>
    public const string Guest = "guest";

    /// <summary>A host key's row, keyed by its <see cref="Domain.Keys.HostKeyId"/>.</summary>
    public const string HostKey = "host-key";

    /// <summary>A webhook's row, keyed by its <see cref="Domain.Webhooks.WebhookId"/>.</summary>
    public const string Webhook = "webhook";

    /// <summary>A bulk order's row, keyed by its <see cref="Domain.Bulk.BulkOrderId"/>.</summary>
    public const string BulkOrder = "bulk-order";

    /// <summary>The one row of housekeeping, keyed by <see cref="Housekeeping.IHousekeepingGrain.Key"/>.</summary>
    public const string Housekeeping = "housekeeping";
}
