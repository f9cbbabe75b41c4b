using Couch.Cluster.Storage;
using Couch.Domain.Webhooks;

namespace Couch.Cluster.Webhooks;

/// <summary>Reads webhooks from the table.</summary>
public sealed class WebhookRows(CouchDatabase database)
{
    /// <summary>The greatest number of webhooks. Each follows the log by itself.</summary>
    public const int Most = 1000;

    private const string OfKind = "FROM grain_state WHERE service = @service AND kind = @kind AND state IS NOT NULL";

    /// <summary>The webhook; null where no webhook has this id.</summary>
    /// <exception cref="UnreadableRowException">This version cannot read the row.</exception>
    public async Task<Webhook?> Find(WebhookId id, CancellationToken cancel)
    {
        var rows = await database.Ask(
            $"SELECT CAST(state AS TEXT) {OfKind} AND id = @id", [("kind", GrainKinds.Webhook), ("id", id.Value)], row => row.GetString(0),
            cancel);
        if (rows is not [{ } text])
            return null;
        return StoredJson.TryRead<Webhook>(id.Value, text, out var why)
            ?? throw new UnreadableRowException(GrainKinds.Webhook, id.Value, why);
    }

    /// <summary>The ids of all webhooks, the parked ones too.</summary>
    public async Task<IReadOnlyList<WebhookId>> All(CancellationToken cancel)
    {
        var ids = await database.Ask(
            $"SELECT id {OfKind} ORDER BY id", [("kind", GrainKinds.Webhook)],
            row => WebhookId.TryParse(row.GetString(0), out var id) ? id : (WebhookId?)null, cancel);
        return [.. ids.OfType<WebhookId>()];
    }
}
