using Couch.Domain.Guests;
using Couch.Domain.Import;
using Couch.Domain.Invites;

namespace Couch.Cluster.Import;

/// <summary>What becomes of each row of the original service's file, before the database is asked.</summary>
/// <param name="provider">The name of this couch's VM provider; null where it has none.</param>
/// <param name="purgedBefore">What had ended by then is purged; null where everything is kept.</param>
internal sealed class ImportPlan(OriginalStore store, string? provider, DateTimeOffset? purgedBefore, DateTimeOffset now)
{
    /// <summary>
    /// An earlier import may have brought the row, and it may have ended here since and been purged. It is open in the file for ever: it
    /// would come to life again.
    /// </summary>
    private const string MayBePurged =
        "it is older than COUCH_RETENTION_DAYS, and may have come before and been purged: if it never came, import with "
        + "COUCH_RETENTION_DAYS=0";

    /// <summary>The guests, in the file's order.</summary>
    public List<PlannedRow<Guest>> Guests() => [.. store.Guests.Select(Planned)];

    /// <summary>The invites, in the file's order.</summary>
    /// <param name="guests">Those that are imported. Of each invite one at most: the invite says which.</param>
    public IEnumerable<PlannedRow<Invite>> Invites(IEnumerable<Guest> guests)
    {
        var coming = guests.DistinctBy(guest => guest.Id).ToDictionary(guest => guest.Id.Value);
        return store.Invites.Select(row => Planned(row, coming));
    }

    private PlannedRow<Guest> Planned(OriginalRow<OriginalGuest> row) => Outcome(row, old => old.ToGuest(provider, now)) switch
    {
        ImportOutcome<Guest>.Imported { State: var guest } =>
            Imported("guest", row, guest, guest.CreatedAt, guest.AsOf(now).IsStaying ? row.Value!.AuthToken ?? "" : null),
        ImportOutcome<Guest>.Left { Why: var why } => Left<Guest, OriginalGuest>("guest", row, why),
        _ => throw new InvalidOperationException(),
    };

    private PlannedRow<Invite> Planned(OriginalRow<OriginalInvite> row, Dictionary<string, Guest> coming)
    {
        var guest = coming.GetValueOrDefault(row.Value?.GuestId ?? "");
        return Outcome(row, old => old.ToInvite(guest?.InviteId.Value == old.Id ? guest : null, now)) switch
        {
            ImportOutcome<Invite>.Imported { State: var invite } => Imported(
                "invite", row, invite, invite.CreatedAt, invite.AsOf(now).Status is InviteStatus.Active ? row.Value!.Code ?? "" : null),
            ImportOutcome<Invite>.Left { Why: var why } => Left<Invite, OriginalInvite>("invite", row, why),
            _ => throw new InvalidOperationException(),
        };
    }

    private static ImportOutcome<T> Outcome<T, TOld>(OriginalRow<TOld> row, Func<TOld, ImportOutcome<T>> take)
        where T : class where TOld : class, new() =>
        row.Value is { } old ? take(old) : new ImportOutcome<T>.Left(row.WhyNot!);

    /// <param name="secret">The code or token that it had, where it can still be used; else null.</param>
    private PlannedRow<T> Imported<T, TOld>(string kind, OriginalRow<TOld> row, T state, DateTimeOffset createdAt, string? secret)
        where T : class where TOld : class, new() =>
        new(state, new ImportedRow { Kind = kind, Id = row.Id, Status = row.Status, Old = secret })
        {
            WhyNotIfAbsent = secret is not null && createdAt < purgedBefore ? MayBePurged : null,
        };

    private static PlannedRow<T> Left<T, TOld>(string kind, OriginalRow<TOld> row, string why)
        where T : class where TOld : class, new() =>
        new(null, new ImportedRow { Kind = kind, Id = row.Id, Status = row.Status, WhyNot = why });
}
