using System.Data.Common;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;

namespace Couch.Cluster.Events;

/// <summary>
/// The log of events: every transition, in one order for all readers, on whichever node they ask. The statements that write
/// grains' rows fill it; here it is read, numbered and shortened.
/// </summary>
/// <remarks>Decision record 47 says how a number keeps its promise.</remarks>
public sealed class EventLog(CouchDatabase database, EventRetention retention)
{
    /// <summary>The most events that one page may have.</summary>
    public const int MostAtOnce = 1000;

    /// <summary>
    /// The most events of a guest's history that are read at once: a stay has some ten, and one that is extended all day long hundreds.
    /// </summary>
    public const int MostOfAStay = 10_000;

    private const int NumberedAtOnce = 1000;
    private const int DeletedAtOnce = 2000;
    private const int DeletesAPass = 25;

    // A number is at least the database's time as the event was numbered; the nodes' clocks and that one may be apart.
    private static readonly TimeSpan ClocksApart = TimeSpan.FromHours(1);

    private const string Columns = "SELECT id, at, type, agent, invite, guest, record FROM event";

    private static readonly string InvitesOwn = string.Join(", ", EventFilter.InvitesOwn.Select(word => $"'{word}'"));

    /// <summary>Numbers what is committed, and says the highest number there is; 0 for an empty log.</summary>
    public async Task<long> Newest(CancellationToken cancel) => (await NumberAll(cancel)).Newest;

    /// <summary>A part of the log; those that were committed before the call are in it.</summary>
    /// <param name="limit">As many at most, from the end at which the range begins: 1 to <see cref="MostAtOnce"/>.</param>
    public async Task<IReadOnlyList<LoggedEvent>> Page(EventRange range, EventFilter filter, int limit, CancellationToken cancel)
    {
        await NumberAll(cancel);
        return await Read(range, filter, limit, cancel);
    }

    /// <summary>Events after <paramref name="since"/> that have their number, oldest first.</summary>
    internal Task<IReadOnlyList<LoggedEvent>> Read(long since, EventFilter filter, int limit, CancellationToken cancel) =>
        Read(new EventRange { Since = since }, filter, limit, cancel);

    /// <summary>A stay's history after <paramref name="since"/>, its invite's included, oldest first.</summary>
    /// <param name="limit">As many at most.</param>
    public async Task<IReadOnlyList<LoggedEvent>> History(
        GuestId guest, InviteId invite, long since, int limit, CancellationToken cancel)
    {
        await NumberAll(cancel);
        return await database.Ask(
            $"{Columns} WHERE (invite = @invite OR guest = @guest) AND id > @since ORDER BY id LIMIT @limit",
            [("invite", invite.Value), ("guest", guest.Value), ("since", since), ("limit", limit)], Event, cancel);
    }

    /// <summary>How many events of each type there are, with the lowest and the highest number of each.</summary>
    public async Task<IReadOnlyList<EventCount>> Count(CancellationToken cancel)
    {
        await NumberAll(cancel);
        return await database.Ask(
            "SELECT type, count(*), min(id), max(id) FROM event WHERE @service IS NOT NULL GROUP BY type ORDER BY type", [],
            row => new EventCount(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), cancel);
    }

    /// <summary>
    /// How many events a reader who has <paramref name="since"/> still waits for; not counted beyond <paramref name="most"/>.
    /// </summary>
    public async Task<long> Waiting(long since, EventFilter filter, int most, CancellationToken cancel)
    {
        await NumberAll(cancel);
        var types = OfTypes(filter);
        var rows = await database.Ask(
            $"SELECT count(*) FROM (SELECT 1 FROM event WHERE id > @since{types} LIMIT @most) AS waiting",
            [("since", since), ("most", most)], row => row.GetInt64(0), cancel);
        return rows[0];
    }

    /// <summary>Numbers what no reader has numbered, and deletes what is older than it is kept, in small batches.</summary>
    internal async Task Keep()
    {
        var numbered = await NumberAll(CancellationToken.None, isThorough: true);
        if (retention.Days is 0)
            return;
        // By the database's clock, as the numbers are: a node whose clock is ahead deletes nothing too early.
        var below = numbered.Now - (long)TimeSpan.FromDays(retention.Days).TotalMicroseconds;
        for (var batch = 0; batch < DeletesAPass && await Delete(below) == DeletedAtOnce; batch++)
        {
        }
    }

    /// <summary>Numbers everything that was committed before the call; what comes meanwhile is not waited for.</summary>
    private async Task<Numbered> NumberAll(CancellationToken cancel, bool isThorough = false)
    {
        Numbered numbered;
        do
            numbered = await NumberSome(cancel, isThorough);
        while (numbered.Count == NumberedAtOnce);
        return numbered;
    }

    private async Task<Numbered> NumberSome(CancellationToken cancel, bool isThorough = false) => (await database.Ask(
        database.NumberEvents, [("most", NumberedAtOnce), ("thorough", isThorough)],
        row => new Numbered(row.GetInt64(0), row.GetInt32(1), row.GetInt64(2)), cancel))[0];

    private Task<int> Delete(long below) => database.Guard(async () =>
    {
        await using var connection = await database.Writes.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE id < @below ORDER BY id LIMIT @limit)";
        command.Add("below", below);
        command.Add("limit", DeletedAtOnce);
        return await command.ExecuteNonQueryAsync();
    });

    private Task<IReadOnlyList<LoggedEvent>> Read(EventRange range, EventFilter filter, int limit, CancellationToken cancel)
    {
        var query = $"{Columns} WHERE id > @since";
        var since = range.Since;
        List<(string, object)> values = [("limit", limit)];
        if (range.Before is { } before)
        {
            query += " AND id < @before";
            values.Add(("before", before));
        }

        if (filter.Since is { } at)
        {
            query += " AND at >= @at";
            values.Add(("at", at.ToIso()));
            since = Math.Max(since, Number(at) - (long)ClocksApart.TotalMicroseconds);
        }

        query += OfTypes(filter);
        if (filter.Agent is { } agent)
        {
            query += " AND agent = @agent";
            values.Add(("agent", agent));
        }

        if (filter.Subject is { } subject)
        {
            query += $" AND (guest = @subject OR (invite = @subject AND type IN ({InvitesOwn})))";
            values.Add(("subject", subject));
        }

        values.Add(("since", since));
        var order = range.IsNewestFirst ? "id DESC" : "id";
        return database.Ask($"{query} ORDER BY {order} LIMIT @limit", [.. values], Event, cancel);
    }

    private static string OfTypes(EventFilter filter) => filter.Types switch
    {
        null => "",
        { Count: 0 } => " AND false",
        { } types => $" AND type IN ({string.Join(", ", types.Select(word => $"'{word}'"))})",
    };

    /// <summary>The lowest number that an event of that time can have, by the database's clock.</summary>
    private static long Number(DateTimeOffset time) => Math.Max(time.ToUnixTimeMilliseconds() * 1000, 0);

    /// <param name="Newest">The highest number there is.</param>
    /// <param name="Count">How many were numbered now.</param>
    /// <param name="Now">The database's time, in microseconds since 1970.</param>
    private sealed record Numbered(long Newest, int Count, long Now);

    private static LoggedEvent Event(DbDataReader row) =>
        LoggedEvent.Of(
        row.GetInt64(0), row.GetString(1), row.GetString(2), Text(row, 3), Text(row, 4), Text(row, 5), row.GetString(6));

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}

/// <summary>Which part of the log is read, and from which end.</summary>
public sealed record EventRange
{
    /// <summary>Only events after this one; 0: from the oldest.</summary>
    public long Since { get; init; }

    /// <summary>Only events before this one; null: to the newest.</summary>
    public long? Before { get; init; }

    /// <summary>Whether the newest come first.</summary>
    public bool IsNewestFirst { get; init; }
}

/// <summary>How many events of a type are in the log.</summary>
/// <param name="Type">The type's word.</param>
/// <param name="Oldest">The lowest number.</param>
/// <param name="Newest">The highest number.</param>
public sealed record EventCount(string Type, long Count, long Oldest, long Newest);
