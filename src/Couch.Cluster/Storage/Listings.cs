using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Webhooks;

namespace Couch.Cluster.Storage;

/// <summary>One page of a list, newest first.</summary>
/// <param name="Rows">At most as many as were asked for, less the <paramref name="Unreadable"/>.</param>
/// <param name="NextCursor">Where the next page begins; null at the end.</param>
/// <param name="Unreadable">Ids of rows that belong on this page and cannot be read by this version.</param>
public sealed record Page<T>(IReadOnlyList<T> Rows, string? NextCursor, IReadOnlyList<string> Unreadable);

/// <summary>
/// The lists. They are read from the table by keyset, never by calling grains, so that a page costs the same with a million rows as
/// with a thousand. The primary key is the order and the cursor. A status means the status as of now. A row that cannot be read is
/// named in its place, under the filters that its columns match.
/// </summary>
public sealed class Listings(CouchDatabase database)
{
    private const string Select = "SELECT id, CAST(state AS TEXT) FROM grain_state WHERE service = @service AND kind = @kind";
    private const string Order = " ORDER BY id DESC LIMIT @limit";

    /// <param name="cursor">The id after which the page begins; null begins with the newest.</param>
    /// <param name="filter">Narrows the list down; null: does not.</param>
    public Task<Page<Invite>> Invites(
        InviteStatus? status, int limit, InviteId? cursor, DateTimeOffset now, CancellationToken cancel, RowFilter? filter = null) =>
        Read<Invite, InviteId>(
            GrainKinds.Invite, status?.Word(), status is InviteStatus.Active, status is InviteStatus.Expired,
            limit, cursor, now, invite => invite.AsOf(now), cancel, filter);

    /// <inheritdoc cref="Invites"/>
    public Task<Page<Guest>> Guests(
        GuestStatus? status, int limit, GuestId? cursor, DateTimeOffset now, CancellationToken cancel, RowFilter? filter = null) =>
        Read<Guest, GuestId>(
            GrainKinds.Guest, status?.Word(), status is GuestStatus.Provisioning or GuestStatus.Running, status is GuestStatus.Expired,
            limit, cursor, now, guest => guest.AsOf(now), cancel, filter);

    /// <summary>Host keys, valid or not.</summary>
    /// <inheritdoc cref="Invites"/>
    public Task<Page<HostKey>> HostKeys(int limit, HostKeyId? cursor, CancellationToken cancel) =>
        Read<HostKey, HostKeyId>(GrainKinds.HostKey, null, false, false, limit, cursor, default, key => key, cancel);

    /// <summary>Webhooks, the parked ones too.</summary>
    /// <inheritdoc cref="Invites"/>
    public Task<Page<Webhook>> Webhooks(int limit, WebhookId? cursor, CancellationToken cancel) =>
        Read<Webhook, WebhookId>(GrainKinds.Webhook, null, false, false, limit, cursor, default, webhook => webhook, cancel);

    private async Task<Page<T>> Read<T, TId>(
        string kind, string? status, bool isOpen, bool isExpired, int limit, TId? cursor, DateTimeOffset now,
        Func<T, T> asOf, CancellationToken cancel, RowFilter? filter = null) where T : class where TId : struct, ICouchId<TId>
    {
        List<(string Name, object Value)> values = [("kind", kind), ("limit", limit + 1), .. filter?.Values ?? []];
        if (status is not null) values.Add(("status", status));
        if (isOpen || isExpired) values.Add(("now", now.ToIso()));
        if (cursor is { } after) values.Add(("cursor", after.Value));

        var found = await database.Ask(
            Query(status is not null, isOpen, isExpired, cursor is not null, filter?.Conditions(kind) ?? ""), [.. values],
            row => Found<T>.Read(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1)), cancel);
        // One row more than requested shows whether there is a next page, without counting.
        var hasNext = found.Count > limit;
        var page = found.Take(limit).ToList();
        return new Page<T>(
            [.. page.Select(row => row.State).OfType<T>().Select(asOf)],
            // A text that is no valid id cannot be returned as a cursor.
            hasNext ? page.FindLast(row => TId.TryParse(row.Id, out _))?.Id : null,
            [.. page.Where(row => row.IsUnreadable).Select(row => row.Id)]);
    }

    /// <summary>One row of a page: a state, or a state that cannot be read, or no state when the row has been cleared.</summary>
    private sealed record Found<T>(string Id, T? State, bool IsUnreadable) where T : class
    {
        public static Found<T> Read(string id, string? text)
        {
            var state = text is null ? null : StoredJson.TryRead<T>(id, text, out _);
            return new(id, state, text is not null && state is null);
        }
    }

    /// <summary>The statement of one kind of page. Both engines accept it unchanged.</summary>
    /// <param name="filter">Further conditions, see <see cref="RowFilter.Conditions"/>.</param>
    internal static string Query(bool hasStatus, bool isOpen, bool isExpired, bool hasCursor, string filter = "")
    {
        var before = (hasCursor ? " AND id < @cursor" : "") + filter;
        if (!hasStatus)
            return Select + before + Order;

        // Overdue rows are marked as open until their grain records the end. They are few, and are found by their time: walking the
        // ids until enough of them appear would walk the whole table.
        if (isExpired)
            return
                $"""
                WITH overdue AS MATERIALIZED (
                  SELECT id FROM grain_state WHERE service = @service AND kind = @kind AND open_until <= @now{before})
                SELECT id, state FROM (
                  SELECT * FROM (SELECT id, CAST(state AS TEXT) AS state FROM grain_state
                    WHERE service = @service AND kind = @kind AND status = @status{before}{Order}) AS ended
                  UNION ALL
                  SELECT id, CAST(state AS TEXT) AS state FROM grain_state
                    WHERE service = @service AND kind = @kind AND id IN (SELECT id FROM overdue{Order})
                ) AS expired{Order}
                """;

        // COALESCE keeps the planner from choosing the index by time: the query walks by status, newest first, and skips the few
        // overdue rows. An open row without a time cannot be read, and is named.
        return Select + " AND status = @status" + (isOpen ? " AND COALESCE(open_until > @now, TRUE)" : "") + before + Order;
    }
}
