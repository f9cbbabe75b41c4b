using System.Text.Json;
using Couch.Bench.Processes;
using Couch.Bench.Rows;
using Couch.Domain.Capabilities;
using Couch.Domain.Invites;

namespace Couch.Bench.Claims;

/// <summary>
/// The invites that load has created, and nobody has redeemed yet. Load does not keep its answers, so the couch is asked.
/// </summary>
internal sealed class CreatedInvites(FilledCouch couch, SigningKeys keys) : IDisposable
{
    private readonly HttpClient http = new() { BaseAddress = couch.Server.Address };

    // Later ids were not stored beforehand.
    private readonly string lastStored = couch.Population.Open[^1].Id.Value;

    public static string Body(InviteCode code) => $$"""{"code":"{{code.Reveal()}}","name":"{{Wording.GuestName}}"}""";

    /// <summary>A redeem's body for each of them, newest first.</summary>
    public async Task<IReadOnlyList<string>> Bodies()
    {
        var bodies = new List<string>();
        var cursor = "";
        while (true)
        {
            using var page = JsonDocument.Parse(await http.GetStringAsync($"/couch/invites?status=active&limit=1000{cursor}"));
            foreach (var row in page.RootElement.GetProperty("invites").EnumerateArray())
            {
                if (!InviteId.TryParse(row.GetProperty("id").GetString()!, out var id) || string.CompareOrdinal(id.Value, lastStored) <= 0)
                    return bodies;
                bodies.Add(Body(keys.Sign(id)));
            }

            if (page.RootElement.GetProperty("nextCursor").GetString() is not { } next)
                return bodies;
            cursor = $"&cursor={next}";
        }
    }

    public void Dispose() => http.Dispose();
}
