using System.Data.Common;
using System.Globalization;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;

namespace Couch.Cluster.Summary;

/// <summary>
/// Reads what a <see cref="FleetSummary"/> says from the table. What has ended is counted off an index, some 0.2 s for a million rows, and
/// only the rows of guests that are staying are read. Column values are not validated: what makes no sense is left out.
/// </summary>
public sealed class SummaryRows(CouchDatabase database)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    // A count of tens of millions of rows takes longer than other queries may.
    private const int CountSeconds = 20;

    // As for the count of guests by housekeeping: answered from the index on status, which the list of words keeps to one kind.
    private static readonly string CountQuery =
        $"""
        SELECT kind, status, count(*) FROM grain_state
        WHERE service = @service AND kind = '{GrainKinds.Guest}' AND status IN ({All<GuestStatus>()})
        GROUP BY kind, status
        UNION ALL
        SELECT kind, status, count(*) FROM grain_state
        WHERE service = @service AND kind = '{GrainKinds.Invite}' AND status IN ({All<InviteStatus>()})
        GROUP BY kind, status
        """;

    // Rows whose time is up count as expired, though their grains have not written it yet. They are few.
    private const string OverdueQuery =
        $"""
        SELECT kind, status, count(*) FROM grain_state
        WHERE service = @service AND kind IN ('{GrainKinds.Guest}', '{GrainKinds.Invite}') AND open_until <= @now
        GROUP BY kind, status
        """;

    private const string UsageQuery =
        $"""
        SELECT CAST(state -> 'resourceUsage' AS text) FROM grain_state
        WHERE service = @service AND kind = '{GrainKinds.Guest}' AND open_until > @now
        """;

    // A guest that runs is owed one too, where it was activated by hand while a VM of its own was on the way.
    internal const string DestroysQuery =
        $"""
        SELECT count(*), min(COALESCE(state -> 'vm' ->> 'destroyRequestedAt', state ->> 'stoppedAt')) FROM grain_state
        WHERE service = @service AND kind = '{GrainKinds.Guest}' AND has_vm
          AND (status IN ('stopped', 'expired', 'revoked') OR state -> 'vm' ->> 'state' = 'destroying')
        """;

    private const string WaitingQuery =
        $"""
        SELECT count(*) FROM grain_state
        WHERE service = @service AND kind = '{GrainKinds.Guest}' AND status = 'provisioning' AND id < @before
          AND COALESCE(open_until > @now, TRUE)
        """;

    /// <summary>Reads all of it.</summary>
    /// <exception cref="StorageUnavailableException">The table cannot be read.</exception>
    public async Task<FleetSummary> Read(DateTimeOffset now, CancellationToken cancel)
    {
        var (guests, invites) = (new Dictionary<GuestStatus, long>(), new Dictionary<InviteStatus, long>());
        foreach (var (kind, status, count) in await database.Ask(CountQuery, [], ReadCount, cancel, CountSeconds))
            Add(kind, status, count);
        foreach (var (kind, status, count) in await database.Ask(OverdueQuery, [("now", now.ToIso())], ReadCount, cancel))
        {
            Add(kind, status, -count);
            Add(kind, GuestStatus.Expired.Word(), count);
        }

        var usage = (await database.Ask(UsageQuery, [("now", now.ToIso())], ReadUsage, cancel))
            .Aggregate(ResourceUsage.None, (sum, one) => sum.Plus(one));
        var (destroys, oldest) = (await database.Ask(DestroysQuery, [], row => (row.GetInt64(0), Time(row, 1)), cancel))[0];
        var waiting = await database.Ask(
            WaitingQuery, [("before", GuestId.LowestAt(now - Patience).Value), ("now", now.ToIso())], row => row.GetInt64(0), cancel);
        return new()
        {
            At = now,
            Guests = guests,
            Invites = invites,
            Usage = usage,
            DestroysOutstanding = destroys,
            OldestDestroy = oldest,
            ProvisioningOverAMinute = waiting[0],
        };

        void Add(string kind, string status, long count)
        {
            if (kind is GrainKinds.Guest && Words.TryParse<GuestStatus>(status, out var guest))
                guests[guest] = Math.Max(0, guests.GetValueOrDefault(guest) + count);
            if (kind is GrainKinds.Invite && Words.TryParse<InviteStatus>(status, out var invite))
                invites[invite] = Math.Max(0, invites.GetValueOrDefault(invite) + count);
        }
    }

    private static (string Kind, string Status, long Count) ReadCount(DbDataReader row) =>
        (row.GetString(0), row.IsDBNull(1) ? "" : row.GetString(1), row.GetInt64(2));

    private static ResourceUsage ReadUsage(DbDataReader row) =>
        row.IsDBNull(0) ? ResourceUsage.None : StoredJson.TryRead<ResourceUsage>("", row.GetString(0), out _) ?? ResourceUsage.None;

    private static DateTimeOffset? Time(DbDataReader row, int column) =>
        !row.IsDBNull(column) && DateTimeOffset.TryParse(
            row.GetString(column), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time)
            ? time
            : null;

    private static string All<TStatus>() where TStatus : struct, Enum =>
        string.Join(", ", Words.All<TStatus>().Select(word => $"'{word}'"));
}
