using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Domain.Events;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Webhooks;

namespace Couch.Cluster.Webhooks;

/// <summary>Tests a webhook with an event that is not in the log.</summary>
internal sealed class WebhookTest(WebhookSender sender, TimeProvider clock, RandomNumberGenerator random)
{
    /// <summary>The event's type. It is not an <see cref="EventType"/>, because the log does not contain it.</summary>
    public const string Type = "couch.webhook.test";

    /// <summary>Sends the event now, outside the grain's turn.</summary>
    public Task<WebhookAnswer> Send(Webhook webhook, Actor by)
    {
        var id = EventId.New(clock.Now(), random).Value;
        var record = JsonSerializer.SerializeToUtf8Bytes(Record(webhook, id, by), CouchJson.Stored);
        return Task.Run(() => sender.Send(webhook, id, record, CancellationToken.None));
    }

    /// <summary>The record has the form of the log's records. Its <c>id</c> is 0, because it has no place in the log.</summary>
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
