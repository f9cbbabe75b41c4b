using Couch.Domain.Guests;
using Couch.Domain.Invites;

namespace Couch.Cluster.Storage;

/// <summary>A redeemed invite and the guest it should have brought.</summary>
public sealed record MissingGuest(InviteId InviteId, GuestId GuestId);

/// <summary>What housekeeping asks of the table. Each query walks an index, whatever the table holds.</summary>
public sealed class Sweeps(CouchDatabase database)
{
    public Task<IReadOnlyList<string>> Overdue(string kind, DateTimeOffset dueBefore, int limit, CancellationToken cancel) =>
        throw new NotSupportedException(database.Where + kind + dueBefore + limit + cancel);

    public Task<IReadOnlyList<MissingGuest>> RedeemedWithoutGuest(GuestId? after, int limit, CancellationToken cancel) =>
        throw new NotSupportedException(database.Where + after + limit + cancel);
}
