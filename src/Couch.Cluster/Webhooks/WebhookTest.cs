using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Domain.Events;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Webhooks;

namespace Couch.Cluster.Webhooks;

/// <summary>Tries a webhook out by an event that is in no log.</summary>
internal sealed class WebhookTest(WebhookSender sender, TimeProvider clock, RandomNumberGenerator chance)
{
    /// <summary>The event's type; no filter names it, and no log has it.</summary>
    public const string Type = "couch.webhook.test";

    /// <summary>Sends the event now, outside a grain's turn, as long as that may take.</summary>
    public Task<WebhookAnswer> Send(Webhook webhook, Actor by)
    {
        var id = EventId.New(clock.Now(), chance).Value;
        var record = JsonSerializer.SerializeToUtf8Bytes(Record(webhook, id, by), CouchJson.Stored);
        var hasFailed = webhook.State is not WebhookState.Active;
        return Task.Run(() => sender.Send(webhook, id, record, hasFailed, CancellationToken.None));
    }

    /// <summary>As the log's events are, but for the <c>id</c>: it has no place in the log.</summary>
    private JsonObject Record(Webhook webhook, string id, Actor by) => new()
    {
        ["id"] = 0,
        ["eventId"] = id,
        ["timestamp"] = clock.Now().ToIso(),
        ["source"] = "couch",
        ["type"] = Type,
        ["agent"] = null,
        ["payload"] = new JsonObject { ["webhookId"] = webhook.Id.Value, ["description"] = webhook.Description },
        ["metadata"] = new JsonObject { ["by"] = new JsonObject { ["keyId"] = by.KeyId?.Value, ["name"] = by.Name } },
    };
}
