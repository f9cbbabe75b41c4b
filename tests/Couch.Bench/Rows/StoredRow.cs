using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Couch.Cluster.Events;
using Couch.Cluster.Storage;
using Couch.Domain.Events;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Vms;

namespace Couch.Bench.Rows;

/// <summary>A grain's row as the couch writes it: its state, and beside it the moment when its grain must act next.</summary>
/// <param name="Version">The version that this write makes: 1 is a first write.</param>
/// <param name="State">Where it is to be written, with the events of the write.</param>
internal sealed record StoredRow(string Kind, string Id, int Version, byte[] State)
{
    private static readonly EventRecords Records = new(TimeProvider.System, RandomNumberGenerator.Create());

    /// <summary>The row as it stands in the table.</summary>
    public static StoredRow Of(Invite invite) => Of(invite, events: null);

    /// <summary>The row as it stands in the table.</summary>
    public static StoredRow Of(Guest guest) => Of(guest, events: null);

    /// <summary>The row as it is written over <paramref name="before"/>; null: nothing.</summary>
    public static StoredRow Write(Invite? before, Invite after) => Of(after, Records.Of(Transitions.Of(before, after)));

    /// <summary>The row as a guest's first write has it.</summary>
    public static StoredRow Write(Guest first) => Of(first, Records.Of(Transitions.Of(null, first)));

    private static StoredRow Of(Invite invite, JsonArray? events) =>
        Of(GrainKinds.Invite, invite.Id.Value, invite.Status is InviteStatus.Active ? 1 : 2, invite, invite.NextMoment, events);

    // No guest here has work on its VM under way, so its moment is the same at whatever time the row is written.
    private static StoredRow Of(Guest guest, JsonArray? events) =>
        Of(GrainKinds.Guest, guest.Id.Value, 1, guest, guest.NextMoment(guest.CreatedAt, GrainWake.Period), events);

    private static StoredRow Of<T>(string kind, string id, int version, T state, DateTimeOffset? next, JsonArray? events) where T : class
    {
        Wake? wake = next is { } moment ? new(moment, unchecked((int)GrainId.Create(kind, id).GetUniformHashCode())) : null;
        return new(kind, id, version, StoredJson.Write(state, unknown: null, wake, events));
    }
}
