using Couch.Cluster.Storage;
using Couch.Domain.Bulk;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;

namespace Couch.Cluster.Bulk;

/// <summary>The queries of bulk orders: which guests or invites a scope is for, by the columns of their rows.</summary>
public sealed class BulkRows(CouchDatabase database)
{
    private const string OfKind = "FROM grain_state WHERE service = @service AND kind = @kind";

    // Without the ones that are over by the clock: nothing can be done to them, and their row says so only once their grain wrote it.
    private static readonly string OpenGuests = Open(GuestStatus.Provisioning, GuestStatus.Running);
    private static readonly string OpenInvites = Open(InviteStatus.Active);

    /// <summary>
    /// The ids of those that are open and that <paramref name="scope"/>, of all, is for; in the order of their ids.
    /// </summary>
    /// <param name="after">The last id of the page before; null: from the first.</param>
    /// <param name="until">Only ids of before this moment.</param>
    public Task<IReadOnlyList<string>> Open(
        BulkAction action, BulkScope scope, string? after, DateTimeOffset until, DateTimeOffset now, int limit, CancellationToken cancel) =>
        database.Ask(
            $"SELECT id {OfKind} AND {OpenOf(action)} AND id > @after AND id < @until{Filter(action, scope)} ORDER BY id LIMIT @limit",
            [
                .. Values(action, scope), ("after", after ?? ""), ("until", GuestId.LowestAt(until).Value), ("now", now.ToIso()),
                ("limit", limit),
            ],
            row => row.GetString(0), cancel);

    /// <summary>How many are open and in <paramref name="scope"/>, of all.</summary>
    public async Task<int> CountOpen(BulkAction action, BulkScope scope, DateTimeOffset now, CancellationToken cancel)
    {
        var counts = await database.Ask(
            $"SELECT count(*) {OfKind} AND {OpenOf(action)}{Filter(action, scope)}", [.. Values(action, scope), ("now", now.ToIso())],
            row => row.GetInt64(0), cancel);
        return (int)counts[0];
    }

    /// <summary>Which of <paramref name="ids"/> have a row and are in <paramref name="scope"/>, and whether each is open.</summary>
    public async Task<IReadOnlyDictionary<string, bool>> Find(
        BulkAction action, BulkScope scope, IReadOnlyList<string> ids, DateTimeOffset now, CancellationToken cancel)
    {
        var names = string.Join(", ", ids.Select((_, number) => $"@id{number}"));
        var rows = await database.Ask(
            $"SELECT id, CASE WHEN {OpenOf(action)} THEN 1 ELSE 0 END {OfKind} AND state IS NOT NULL "
                + $"AND id IN ({names}){Filter(action, scope)}",
            [.. Values(action, scope), ("now", now.ToIso()), .. ids.Select((id, number) => ($"id{number}", (object)id))],
            row => (Id: row.GetString(0), IsOpen: row.GetInt32(1) == 1), cancel);
        return rows.ToDictionary(row => row.Id, row => row.IsOpen);
    }

    /// <summary>What narrows the scope down, beside its ids.</summary>
    internal static RowFilter FilterOf(BulkScope scope) => new(scope.CreatedBy, scope.Label);

    private static string OpenOf(BulkAction action) => action is BulkAction.KillGuests ? OpenGuests : OpenInvites;

    // A row without a time cannot be read; it is open all the same.
    private static string Open<TStatus>(params IEnumerable<TStatus> statuses) where TStatus : struct, Enum =>
        $"status IN ({string.Join(", ", statuses.Select(status => $"'{status.Word()}'"))}) AND COALESCE(open_until > @now, TRUE)";

    private static string Filter(BulkAction action, BulkScope scope) =>
        FilterOf(scope).Conditions(Kind(action));

    private static IEnumerable<(string, object)> Values(BulkAction action, BulkScope scope) =>
        [("kind", Kind(action)), .. FilterOf(scope).Values];

    private static string Kind(BulkAction action) => action is BulkAction.KillGuests ? GrainKinds.Guest : GrainKinds.Invite;
}
