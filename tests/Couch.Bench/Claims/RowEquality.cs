using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Bench.Rows;
using Couch.Bench.Stores;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;

namespace Couch.Bench.Claims;

/// <summary>The bare side is only a measure while it writes what the couch writes: looked at before anything is measured.</summary>
internal static class RowEquality
{
    public static async Task Check(ServerProcess couch, Store store)
    {
        using var http = new HttpClient { BaseAddress = couch.Address };
        // Without an idempotency key, which the bare side does not write: the client would send one.
        var created = await Post(http, "/couch/invites", new { createdBy = Wording.CreatedBy, label = Wording.Label });
        var redeemed = await Post(http, "/couch/redeem", new { code = created["code"]!.GetValue<string>(), name = Wording.GuestName });

        var (invite, inviteRow) = await Read<Invite>(store, GrainKinds.Invite, created["id"]!.GetValue<string>());
        Same(inviteRow, StoredRow.Of(invite));

        var (guest, guestRow) = await Read<Guest>(store, GrainKinds.Guest, redeemed["guestId"]!.GetValue<string>());
        Same(guestRow, StoredRow.Of(guest));
    }

    private static async Task<JsonNode> Post(HttpClient http, string path, object body)
    {
        using var response = await http.PostAsJsonAsync(path, body);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }

    private static async Task<(T State, StoredRow Row)> Read<T>(Store store, string kind, string id)
    {
        var row = await store.ReadRow(kind, id);
        return (JsonSerializer.Deserialize<T>(row.State, CouchJson.Stored)!, row);
    }

    private static void Same(StoredRow couch, StoredRow bare)
    {
        // All of it, the grain's next moment too: without a VM provider no moment depends on when its row was written.
        if (couch.Version != bare.Version || !JsonNode.DeepEquals(JsonNode.Parse(couch.State), JsonNode.Parse(bare.State)))
            throw new FailedRoundException($"the couch writes {Text(couch)}, the bare side {Text(bare)}");
    }

    private static string Text(StoredRow row) => $"version {row.Version} of {System.Text.Encoding.UTF8.GetString(row.State)}";
}
