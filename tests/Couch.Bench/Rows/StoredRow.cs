using System.Text.Json;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;

namespace Couch.Bench.Rows;

/// <summary>A grain's row as the couch writes it.</summary>
/// <param name="Version">The version that this write makes: 1 is a first write.</param>
internal sealed record StoredRow(string Kind, string Id, int Version, byte[] State)
{
    public static StoredRow Of(Invite invite) =>
        new(GrainKinds.Invite, invite.Id.Value, invite.Status is InviteStatus.Active ? 1 : 2, Bytes(invite));

    public static StoredRow Of(Guest guest) => new(GrainKinds.Guest, guest.Id.Value, 1, Bytes(guest));

    private static byte[] Bytes<T>(T state) => JsonSerializer.SerializeToUtf8Bytes(state, CouchJson.Stored);
}

/// <summary>A grain's reminder as the couch writes it.</summary>
internal sealed record StoredReminder(string GrainId, int GrainHash, DateTime StartTime)
{
    public const string Name = "due";
    public const long PeriodMilliseconds = 60_000;

    public static StoredReminder Of(Invite invite) => Of(GrainKinds.Invite, invite.Id.Value, invite.ExpiresAt);

    public static StoredReminder Of(Guest guest) => Of(GrainKinds.Guest, guest.Id.Value, guest.ExpiresAt);

    private static StoredReminder Of(string kind, string id, DateTimeOffset due)
    {
        var grain = Orleans.Runtime.GrainId.Create(kind, id);
        return new(grain.ToString(), unchecked((int)grain.GetUniformHashCode()), due.UtcDateTime);
    }
}
