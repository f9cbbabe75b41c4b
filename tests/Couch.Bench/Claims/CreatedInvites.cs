using Couch.Bench.Processes;
using Couch.Bench.Rows;
using Couch.Domain.Capabilities;
using Couch.Domain.Invites;
using InviteStatus = Couch.Client.InviteStatus;

namespace Couch.Bench.Claims;

/// <summary>
/// The invites that load has created, and nobody has redeemed yet. Load does not keep its answers, so the couch is asked.
/// </summary>
internal sealed class CreatedInvites(FilledCouch couch, SigningKeys keys) : IDisposable
{
    private readonly HttpClient http = new();

    // Later ids were not stored beforehand.
    private readonly string lastStored = couch.Population.Open[^1].Id.Value;

    /// <summary>A creation's body.</summary>
    public static string Creation { get; } = $$"""{"createdBy":"{{Wording.CreatedBy}}","label":"{{Wording.Label}}"}""";

    public static string Body(InviteCode code) => $$"""{"code":"{{code.Reveal()}}","name":"{{Wording.GuestName}}"}""";

    /// <summary>A redeem's body for each of them, newest first.</summary>
    public async Task<IReadOnlyList<string>> Bodies()
    {
        var bodies = new List<string>();
        await foreach (var invite in CouchClients.Of(http, couch.Server.Address).Invites.List(
                           new() { Status = InviteStatus.Active, PageSize = 1000 }))
        {
            if (!InviteId.TryParse(invite.Id, out var id) || string.CompareOrdinal(id.Value, lastStored) <= 0)
                break;
            bodies.Add(Body(keys.Sign(id)));
        }

        return bodies;
    }

    public void Dispose() => http.Dispose();
}
