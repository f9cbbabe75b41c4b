using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Vms;

namespace Couch.Bench.Rows;

/// <summary>A grain's row as the couch writes it: its state, and beside it the moment when its grain must act next.</summary>
/// <param name="Version">The version that this write makes: 1 is a first write.</param>
internal sealed record StoredRow(string Kind, string Id, int Version, byte[] State)
{
    public static StoredRow Of(Invite invite) =>
        Of(GrainKinds.Invite, invite.Id.Value, invite.Status is InviteStatus.Active ? 1 : 2, invite, invite.NextMoment);

    // No guest here has work on its VM under way, so its moment is the same at whatever time the row is written.
    public static StoredRow Of(Guest guest) =>
        Of(GrainKinds.Guest, guest.Id.Value, 1, guest, guest.NextMoment(guest.CreatedAt, GrainWake.Period));

    private static StoredRow Of<T>(string kind, string id, int version, T state, DateTimeOffset? next) where T : class
    {
        Wake? wake = next is { } moment ? new(moment, unchecked((int)GrainId.Create(kind, id).GetUniformHashCode())) : null;
        return new(kind, id, version, StoredJson.Write(state, unknown: null, wake, events: null));
    }
}
