using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;

namespace Couch.Cluster.Storage;

/// <summary>A spent invite whose guest has no row.</summary>
public sealed record MissingGuest(InviteId InviteId, GuestId GuestId);

/// <summary>What the safety net looks for. Each question walks an index from one end and costs what it finds.</summary>
public sealed class Sweeps(CouchDatabase database)
{
    internal const string OverdueQuery =
        """
        SELECT id FROM grain_state
        WHERE service = @service AND kind = @kind AND open_until <= @dueBefore
        ORDER BY open_until, id LIMIT @limit
        """;

    // The watermark bounds both sides: whichever way they are joined, nothing before it is read.
    internal const string MissingQuery =
        """
        SELECT invite.id, invite.guest_id FROM grain_state AS invite
        WHERE invite.service = @service AND invite.kind = @invite AND invite.guest_id > @after
          AND NOT EXISTS (
            SELECT 1 FROM grain_state AS guest
            WHERE guest.service = @service AND guest.kind = @guest AND guest.id > @after AND guest.id = invite.guest_id)
        ORDER BY invite.guest_id, invite.id LIMIT @limit
        """;

    /// <summary>Ids of rows that still say they are open although their time was up by <paramref name="dueBefore"/>; longest overdue first.</summary>
    /// <param name="kind">One of <see cref="GrainKinds"/>.</param>
    public Task<IReadOnlyList<string>> Overdue(string kind, DateTimeOffset dueBefore, int limit, CancellationToken cancel) =>
        database.Guard<IReadOnlyList<string>>(async () =>
        {
            await using var connection = await database.Reads.OpenConnectionAsync(cancel);
            await using var command = connection.CreateCommand();
            command.CommandText = OverdueQuery;
            command.Add("service", GrainKinds.Service);
            command.Add("kind", kind);
            command.Add("dueBefore", dueBefore.ToIso());
            command.Add("limit", limit);
            return await command.Rows(row => row.GetString(0), cancel);
        });

    /// <summary>Spent invites whose guest never arrived, in the order of their guests' ids.</summary>
    /// <param name="after">A watermark: only guests with a later id are looked at; null looks at all history.</param>
    public Task<IReadOnlyList<MissingGuest>> RedeemedWithoutGuest(GuestId? after, int limit, CancellationToken cancel) =>
        database.Guard<IReadOnlyList<MissingGuest>>(async () =>
        {
            await using var connection = await database.Reads.OpenConnectionAsync(cancel);
            await using var command = connection.CreateCommand();
            command.CommandText = MissingQuery;
            command.Add("service", GrainKinds.Service);
            command.Add("invite", GrainKinds.Invite);
            command.Add("guest", GrainKinds.Guest);
            command.Add("after", after?.Value ?? "");
            command.Add("limit", limit);
            return await command.Rows(row => new MissingGuest(Invite(row.GetString(0)), Guest(row.GetString(1))), cancel);
        });

    private static InviteId Invite(string id) => InviteId.TryParse(id, out var invite) ? invite : throw new FormatException($"no invite id: {id}");

    private static GuestId Guest(string id) => GuestId.TryParse(id, out var guest) ? guest : throw new FormatException($"no guest id: {id}");
}
