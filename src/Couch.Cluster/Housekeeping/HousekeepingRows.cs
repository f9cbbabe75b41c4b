using System.Data.Common;
using Couch.Cluster.Storage;
using Couch.Domain.Bulk;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Webhooks;

namespace Couch.Cluster.Housekeeping;

/// <summary>A spent invite whose guest has no row.</summary>
public sealed record MissingGuest(InviteId InviteId, GuestId GuestId);

/// <summary>A spent invite, and the guest that it brings.</summary>
public sealed record Redeemed(InviteId InviteId, GuestId GuestId);

/// <summary>A row that is still marked as open, although its time is up.</summary>
/// <param name="Until">The end of its time, as the table spells it.</param>
public sealed record OverdueRow(string Id, string Until);

/// <summary>A row of which nothing is pending any more.</summary>
/// <param name="InviteId">The invite: the guest's own, or the row itself.</param>
/// <param name="GuestId">The guest; null where no guest came.</param>
public sealed record PastRow(InviteId InviteId, GuestId? GuestId);

/// <summary>A row by its name in the table.</summary>
/// <param name="Kind">One of <see cref="GrainKinds"/>, or a word that only another version knows.</param>
public sealed record RowKey(string Kind, string Id);

/// <summary>A part of the table that has been searched.</summary>
/// <param name="Unreadable">Rows in it that this version cannot read.</param>
/// <param name="Last">The key after which the next part begins; null at the end.</param>
public sealed record LookedThrough(IReadOnlyList<RowKey> Unreadable, RowKey? Last);

/// <summary>
/// The queries of the safety net. Each walks an index from one end and costs as much as it finds. Column values are not validated
/// and may be anything: a value that makes no sense is left out of an answer, and never fails it.
/// </summary>
public sealed class HousekeepingRows(CouchDatabase database)
{
    internal const string OverdueQuery =
        """
        SELECT id, open_until FROM grain_state
        WHERE service = @service AND kind = @kind AND open_until <= @dueBefore AND (open_until, id) > (@afterUntil, @afterId)
        ORDER BY open_until, id LIMIT @limit
        """;

    // The watermark bounds both tables: whichever join order is chosen, nothing before it is read. Values that do not have an id's
    // 26 characters are skipped with LIKE, whose selectivity the planner estimates from the column's own values, which it cannot do
    // for length().
    internal static readonly string MissingQuery = Missing(new());

    private static string Missing(RowFilter filter) =>
        $"""
        SELECT invite.id, invite.guest_id FROM grain_state AS invite
        WHERE invite.service = @service AND invite.kind = @invite AND invite.guest_id > @after AND invite.guest_id <= @upTo
          AND invite.guest_id LIKE '__________________________' AND invite.id LIKE '__________________________'
          {filter.OfInvite("invite")}
          AND NOT EXISTS (
            SELECT 1 FROM grain_state AS guest
            WHERE guest.service = @service AND guest.kind = @guest AND guest.id > @after AND guest.id <= @upTo
              AND guest.id = invite.guest_id)
        ORDER BY invite.guest_id, invite.id LIMIT @limit
        """;

    internal const string PastQuery =
        """
        SELECT id, state ->> 'inviteId' FROM grain_state
        WHERE service = @service AND kind = @kind AND past_since <= @moment
        ORDER BY past_since, id LIMIT @limit OFFSET @left
        """;

    // Several rows are read, because the first may have no id that can be read.
    internal const string StretchQuery =
        """
        SELECT guest_id FROM grain_state
        WHERE service = @service AND kind = @kind AND guest_id > @after
        ORDER BY guest_id, id LIMIT 100 OFFSET @invites
        """;

    internal const string WalkQuery =
        """
        SELECT kind, id, CAST(state AS text) FROM grain_state
        WHERE service = @service AND (kind, id) > (@afterKind, @afterId)
        ORDER BY kind, id LIMIT @limit
        """;

    // Sorts after every id.
    private const string NoEnd = "~";

    // Answered from the index on status, without reading a row. The list of words limits the scan to guests: the index begins with
    // the status, and without the list the whole index would be read, invites included.
    internal static readonly string CountQuery =
        $"""
        SELECT status, count(*) FROM grain_state
        WHERE service = @service AND kind = @kind
          AND status IN ({string.Join(", ", Enum.GetValues<GuestStatus>().Select(status => $"'{status.Word()}'"))})
        GROUP BY status
        """;

    // A count of tens of millions of rows takes longer than the timeout of queries for which a caller waits.
    private const int CountSeconds = 20;

    /// <summary>How many guests are stored in each status, as their rows have it; a status that is missing has none.</summary>
    public async Task<IReadOnlyDictionary<GuestStatus, long>> GuestsByStatus(CancellationToken cancel)
    {
        var counts = await database.Ask(CountQuery, [("kind", GrainKinds.Guest)],
            row => KeyValuePair.Create(Status(row.GetString(0)), row.GetInt64(1)), cancel, CountSeconds);
        return counts.ToDictionary();
    }

    /// <summary>
    /// Rows that are still marked as open although their time was up by <paramref name="dueBefore"/>; longest overdue first.
    /// </summary>
    /// <param name="kind">One of <see cref="GrainKinds"/>.</param>
    /// <param name="after">The last row of the page before; null begins with the longest overdue.</param>
    public Task<IReadOnlyList<OverdueRow>> Overdue(
        string kind, DateTimeOffset dueBefore, int limit, CancellationToken cancel, OverdueRow? after = null) =>
        database.Ask(
            OverdueQuery,
            [
                ("kind", kind), ("dueBefore", dueBefore.ToIso()), ("afterUntil", after?.Until ?? ""), ("afterId", after?.Id ?? ""),
                ("limit", limit),
            ],
            row => new OverdueRow(row.GetString(0), row.GetString(1)), cancel);

    /// <summary>
    /// Reads every row, of every kind, in the order of their keys: a part at a time, because the cost grows with the rows that are
    /// read.
    /// </summary>
    /// <param name="after">The <see cref="LookedThrough.Last"/> of the part before; null from the beginning.</param>
    public async Task<LookedThrough> LookThrough(RowKey? after, int limit, CancellationToken cancel)
    {
        var rows = await database.Ask(
            WalkQuery, [("afterKind", after?.Kind ?? ""), ("afterId", after?.Id ?? ""), ("limit", limit)],
            row => (Key: new RowKey(row.GetString(0), row.GetString(1)), IsReadable: row.IsDBNull(2) || IsReadable(row.GetString(0),
                row.GetString(1), row.GetString(2))),
            cancel);
        return new([.. rows.Where(row => !row.IsReadable).Select(row => row.Key)], rows.Count < limit ? null : rows[^1].Key);
    }

    /// <summary>Spent invites whose guest never arrived, in the order of their guests' ids.</summary>
    /// <param name="after">A watermark: only guests with a later id are looked at; null looks at all history.</param>
    /// <param name="upTo">The last id that is looked at; null is the newest. See <see cref="EndOfStretch"/>.</param>
    /// <param name="filter">Only of such invites; null: of all.</param>
    public async Task<IReadOnlyList<MissingGuest>> RedeemedWithoutGuest(
        GuestId? after, int limit, CancellationToken cancel, GuestId? upTo = null, RowFilter? filter = null)
    {
        var found = await database.Ask(
            filter is null ? MissingQuery : Missing(filter),
            [
                .. filter?.Values ?? [],
                ("invite", GrainKinds.Invite), ("guest", GrainKinds.Guest), ("after", after?.Value ?? ""), ("upTo", upTo?.Value ?? NoEnd),
                ("limit", limit),
            ],
            row => row.Invite(0) is { } invite && row.Guest(1) is { } guest ? new MissingGuest(invite, guest) : null, cancel);
        return [.. found.OfType<MissingGuest>()];
    }

    /// <summary>The invites that <paramref name="guests"/> have redeemed, whether or not the guests have rows.</summary>
    /// <param name="filter">Only such invites; null: all.</param>
    public async Task<IReadOnlyList<Redeemed>> RedeemedBy(
        IReadOnlyList<GuestId> guests, CancellationToken cancel, RowFilter? filter = null)
    {
        if (guests.Count == 0)
            return [];
        var found = await database.Ask(
            RedeemedQuery(guests.Count, filter),
            [
                .. filter?.Values ?? [], ("kind", GrainKinds.Invite),
                .. guests.Select((guest, number) => ($"guest{number}", (object)guest.Value)),
            ],
            row => row.Invite(0) is { } invite && row.Guest(1) is { } guest ? new Redeemed(invite, guest) : null, cancel);
        return [.. found.OfType<Redeemed>()];
    }

    // Materialized: SQLite would search all invites of a creator for these few.
    internal static string RedeemedQuery(int guests, RowFilter? filter = null) =>
        $"""
        WITH redeemed AS MATERIALIZED (
          SELECT id, guest_id, created_by, label FROM grain_state
          WHERE service = @service AND kind = @kind
            AND guest_id IN ({string.Join(", ", Enumerable.Range(0, guests).Select(number => $"@guest{number}"))}))
        SELECT id, guest_id FROM redeemed WHERE TRUE{filter?.OfInvite("redeemed")}
        """;

    /// <summary>
    /// Guests, each with its invite, whose stay was past by <paramref name="moment"/>; the oldest first. Null for a row that does not name
    /// both.
    /// </summary>
    /// <param name="left">How many of the oldest are skipped.</param>
    public Task<IReadOnlyList<PastRow?>> PastGuests(DateTimeOffset moment, int left, int limit, CancellationToken cancel) =>
        Past(GrainKinds.Guest, moment, left, limit, row => row.Invite(1) is { } invite && row.Guest(0) is { } guest ? new PastRow(invite,
            guest) : null, cancel);

    /// <summary>Invites that were not redeemed and whose time was up by <paramref name="moment"/>; the oldest first.</summary>
    /// <inheritdoc cref="PastGuests"/>
    public Task<IReadOnlyList<PastRow?>> PastInvites(DateTimeOffset moment, int left, int limit, CancellationToken cancel) =>
        Past(GrainKinds.Invite, moment, left, limit, row => row.Invite(0) is { } invite ? new PastRow(invite, null) : null, cancel);

    private Task<IReadOnlyList<PastRow?>> Past(
        string kind, DateTimeOffset moment, int left, int limit, Func<DbDataReader, PastRow?> read, CancellationToken cancel) =>
        database.Ask(PastQuery, [("kind", kind), ("moment", moment.ToIso()), ("left", left), ("limit", limit)], read, cancel);

    /// <summary>
    /// The guest id at the end of a stretch of about <paramref name="invites"/> spent invites after <paramref name="after"/>; null
    /// when there are fewer. It divides the search of a long history into stretches, none of which keeps a statement running for
    /// long.
    /// </summary>
    public async Task<GuestId?> EndOfStretch(GuestId? after, int invites, CancellationToken cancel)
    {
        var found = await database.Ask(
            StretchQuery, [("kind", GrainKinds.Invite), ("after", after?.Value ?? ""), ("invites", invites - 1)], row => row.Guest(0),
            cancel);
        return found.FirstOrDefault(end => end is not null);
    }

    private static bool IsReadable(string kind, string id, string text) => kind switch
    {
        GrainKinds.Guest => StoredJson.TryRead<Guest>(id, text, out _) is not null,
        GrainKinds.Invite => StoredJson.TryRead<Invite>(id, text, out _) is not null,
        GrainKinds.HostKey => StoredJson.TryRead<HostKey>(id, text, out _) is not null,
        GrainKinds.Webhook => StoredJson.TryRead<Webhook>(id, text, out _) is not null,
        GrainKinds.BulkOrder => StoredJson.TryRead<BulkOrder>(id, text, out _) is not null,
        _ => true,
    };

    private static GuestStatus Status(string word) =>
        Words.TryParse<GuestStatus>(word, out var status) ? status : throw new FormatException($"no status: {word}");
}
