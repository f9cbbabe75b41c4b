using System.Data.Common;
using System.Text.Json;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Domain.Vms;

namespace Couch.Cluster.Storage;

/// <summary>A spent invite whose guest has no row.</summary>
public sealed record MissingGuest(InviteId InviteId, GuestId GuestId);

/// <summary>A row that still says it is open, although its time was up.</summary>
/// <param name="Until">When it was, as the table spells it.</param>
public sealed record OverdueRow(string Id, string Until);

/// <summary>A row that nothing will come of any more.</summary>
/// <param name="InviteId">The invite: the guest's own, or the row itself.</param>
/// <param name="GuestId">The guest; null where nobody came.</param>
public sealed record PastRow(InviteId InviteId, GuestId? GuestId);

/// <summary>What the safety net looks for. Each question walks an index from one end and costs what it finds.</summary>
public sealed class Sweeps(CouchDatabase database)
{
    internal const string OverdueQuery =
        """
        SELECT id, open_until FROM grain_state
        WHERE service = @service AND kind = @kind AND open_until <= @dueBefore AND (open_until, id) > (@afterUntil, @afterId)
        ORDER BY open_until, id LIMIT @limit
        """;

    // The watermark bounds both sides: whichever way they are joined, nothing before it is read.
    internal const string MissingQuery =
        """
        SELECT invite.id, invite.guest_id FROM grain_state AS invite
        WHERE invite.service = @service AND invite.kind = @invite AND invite.guest_id > @after AND invite.guest_id <= @upTo
          AND NOT EXISTS (
            SELECT 1 FROM grain_state AS guest
            WHERE guest.service = @service AND guest.kind = @guest AND guest.id > @after AND guest.id <= @upTo AND guest.id = invite.guest_id)
        ORDER BY invite.guest_id, invite.id LIMIT @limit
        """;

    internal const string PastQuery =
        """
        SELECT id, state ->> 'inviteId' FROM grain_state
        WHERE service = @service AND kind = @kind AND past_since <= @moment
        ORDER BY past_since, id LIMIT @limit
        """;

    internal const string StretchQuery =
        """
        SELECT guest_id FROM grain_state
        WHERE service = @service AND kind = @kind AND guest_id > @after
        ORDER BY guest_id, id LIMIT 1 OFFSET @invites
        """;

    // After every id.
    private const string NoEnd = "~";

    private const string GuestVmColumns =
        "SELECT id, status, state ->> 'vmId', CAST(state -> 'vm' AS text) FROM grain_state WHERE service = @service AND kind = @kind";

    internal const string OpenVmsQuery = GuestVmColumns + " AND has_vm";

    private const int IdsAtOnce = 500;

    // Off the index on status, no row is read. The words keep it among guests: the index begins with them, and without
    // them it would be read to its end, through all invites too.
    internal static readonly string CountQuery =
        $"""
        SELECT status, count(*) FROM grain_state
        WHERE service = @service AND kind = @kind AND status IN ({string.Join(", ", Enum.GetValues<GuestStatus>().Select(status => $"'{status.Word()}'"))})
        GROUP BY status
        """;

    // A count of tens of millions takes longer than anybody who waits for an answer should.
    private const int CountSeconds = 20;

    /// <summary>How many guests are stored in each status, as their rows have it; a status that is missing has none.</summary>
    public async Task<IReadOnlyDictionary<GuestStatus, long>> GuestsByStatus(CancellationToken cancel)
    {
        var counts = await Ask(CountQuery, [("kind", GrainKinds.Guest)], row => KeyValuePair.Create(Status(row.GetString(0)), row.GetInt64(1)), cancel, CountSeconds);
        return counts.ToDictionary();
    }

    /// <summary>Rows that still say they are open although their time was up by <paramref name="dueBefore"/>; longest overdue first.</summary>
    /// <param name="kind">One of <see cref="GrainKinds"/>.</param>
    /// <param name="after">The last row of the page before; null begins with the longest overdue.</param>
    public Task<IReadOnlyList<OverdueRow>> Overdue(string kind, DateTimeOffset dueBefore, int limit, CancellationToken cancel, OverdueRow? after = null) =>
        Ask(
            OverdueQuery,
            [("kind", kind), ("dueBefore", dueBefore.ToIso()), ("afterUntil", after?.Until ?? ""), ("afterId", after?.Id ?? ""), ("limit", limit)],
            row => new OverdueRow(row.GetString(0), row.GetString(1)), cancel);

    /// <summary>Spent invites whose guest never arrived, in the order of their guests' ids.</summary>
    /// <param name="after">A watermark: only guests with a later id are looked at; null looks at all history.</param>
    /// <param name="upTo">The last id that is looked at; null is the newest. See <see cref="EndOfStretch"/>.</param>
    public Task<IReadOnlyList<MissingGuest>> RedeemedWithoutGuest(GuestId? after, int limit, CancellationToken cancel, GuestId? upTo = null) =>
        Ask(
            MissingQuery,
            [("invite", GrainKinds.Invite), ("guest", GrainKinds.Guest), ("after", after?.Value ?? ""), ("upTo", upTo?.Value ?? NoEnd), ("limit", limit)],
            row => new MissingGuest(Invite(row.GetString(0)), Guest(row.GetString(1))), cancel);

    /// <summary>Guests, each with its invite, whose stay was past by <paramref name="moment"/>; the oldest first.</summary>
    public Task<IReadOnlyList<PastRow>> PastGuests(DateTimeOffset moment, int limit, CancellationToken cancel) =>
        Past(GrainKinds.Guest, moment, limit, row => new(Invite(row.GetString(1)), Guest(row.GetString(0))), cancel);

    /// <summary>Invites that nobody redeemed and whose time was up by <paramref name="moment"/>; the oldest first.</summary>
    public Task<IReadOnlyList<PastRow>> PastInvites(DateTimeOffset moment, int limit, CancellationToken cancel) =>
        Past(GrainKinds.Invite, moment, limit, row => new(Invite(row.GetString(0)), null), cancel);

    private Task<IReadOnlyList<PastRow>> Past(string kind, DateTimeOffset moment, int limit, Func<DbDataReader, PastRow> read, CancellationToken cancel) =>
        Ask(PastQuery, [("kind", kind), ("moment", moment.ToIso()), ("limit", limit)], read, cancel);

    /// <summary>
    /// The guest's id up to which there are about so many spent invites after <paramref name="after"/>; null where there are
    /// fewer. To search a long history in stretches, of which none keeps a statement running for long.
    /// </summary>
    public async Task<GuestId?> EndOfStretch(GuestId? after, int invites, CancellationToken cancel)
    {
        var found = await Ask(
            StretchQuery, [("kind", GrainKinds.Invite), ("after", after?.Value ?? ""), ("invites", invites - 1)], row => Guest(row.GetString(0)), cancel);
        return found is [var end] ? end : null;
    }

    /// <summary>Every guest that something at a VM host may still belong to.</summary>
    public Task<IReadOnlyList<GuestVm>> OpenVms(CancellationToken cancel) => Vms(OpenVmsQuery, [], cancel);

    /// <summary>What the rows of these guests say, whatever it is; a guest without a row is not among them.</summary>
    public async Task<IReadOnlyList<GuestVm>> VmsOf(IReadOnlyList<GuestId> guests, CancellationToken cancel)
    {
        var rows = new List<GuestVm>();
        foreach (var some in guests.Chunk(IdsAtOnce))
        {
            var names = string.Join(", ", some.Select((_, number) => $"@id{number}"));
            rows.AddRange(await Vms($"{GuestVmColumns} AND id IN ({names})", some, cancel));
        }

        return rows;
    }

    private Task<IReadOnlyList<GuestVm>> Vms(string query, GuestId[] ids, CancellationToken cancel) =>
        Ask(query, [("kind", GrainKinds.Guest), .. ids.Select((id, number) => ($"id{number}", (object)id.Value))], ReadVm, cancel);

    /// <param name="values">Beside the service, which every question names.</param>
    /// <param name="seconds">How long an answer may take; null: as long as any.</param>
    private Task<IReadOnlyList<T>> Ask<T>(
        string query, (string Name, object Value)[] values, Func<DbDataReader, T> read, CancellationToken cancel, int? seconds = null) =>
        database.Guard<IReadOnlyList<T>>(async () =>
        {
            await using var connection = await database.Reads.OpenConnectionAsync(cancel);
            await using var command = connection.CreateCommand();
            command.CommandText = query;
            command.CommandTimeout = seconds ?? command.CommandTimeout;
            command.Add("service", GrainKinds.Service);
            foreach (var (name, value) in values)
                command.Add(name, value);
            return await command.Rows(read, cancel);
        });

    private static GuestVm ReadVm(DbDataReader row) => new(
        Guest(row.GetString(0)),
        row.GetString(1) is "provisioning" or "running",
        row.IsDBNull(2) ? null : row.GetString(2),
        row.IsDBNull(3) ? Vm.None : JsonSerializer.Deserialize<Vm>(row.GetString(3), CouchJson.Stored)!);

    private static GuestStatus Status(string word) => Words.TryParse<GuestStatus>(word, out var status) ? status : throw new FormatException($"no status: {word}");

    private static InviteId Invite(string id) => InviteId.TryParse(id, out var invite) ? invite : throw new FormatException($"no invite id: {id}");

    private static GuestId Guest(string id) => GuestId.TryParse(id, out var guest) ? guest : throw new FormatException($"no guest id: {id}");
}
