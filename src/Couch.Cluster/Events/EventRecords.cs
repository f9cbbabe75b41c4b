using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Couch.Domain.Events;
using Couch.Domain.Text;

namespace Couch.Cluster.Events;

/// <summary>
/// Events as a row's write carries them: the statement that writes the row puts them into the log, and takes them out of the row.
/// </summary>
internal sealed class EventRecords(TimeProvider clock, RandomNumberGenerator random)
{
    /// <summary>
    /// A JSON array with the columns of each event, and the record as readers are given it but for its <c>id</c>, which it gets in
    /// the log. Null where there is no event.
    /// </summary>
    public JsonArray? Of(IEnumerable<CouchEvent> events)
    {
        JsonArray? written = null;
        foreach (var one in events)
            (written ??= []).Add((JsonNode)Columns(one));
        return written;
    }

    private JsonObject Columns(CouchEvent one)
    {
        var now = clock.Now();
        var record = new JsonObject
        {
            ["eventId"] = EventId.New(now, random).Value,
            ["timestamp"] = now.ToIso(),
            ["source"] = "couch",
            ["type"] = one.Type.Word(),
            ["agent"] = one.Agent,
            ["payload"] = one.Payload,
            ["metadata"] = new JsonObject
            {
                ["by"] = one.By is { } by ? new JsonObject { ["keyId"] = by.KeyId?.Value, ["name"] = by.Name } : null,
            },
        };
        return new()
        {
            ["type"] = one.Type.Word(),
            ["agent"] = one.Agent,
            ["invite"] = one.Invite?.Value,
            ["guest"] = one.Guest?.Value,
            ["at"] = now.ToIso(),
            ["record"] = record.ToJsonString(CouchJson.Stored),
        };
    }
}
