using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Npgsql;
using Xunit;

namespace Couch.Tests.Crashes;

/// <summary>A disk that is full and a database that hangs leave no row without its event and no event without its row.</summary>
public sealed class EventOutageTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task What_is_written_before_while_and_after_the_disk_is_full_has_one_event_each()
    {
        using var disk = new TemporaryDisk(kilobytes: 4096);
        await using var couch = await CouchProcess.Start(new() { ["COUCH_DATA_DIR"] = Path.Combine(disk.Path, "data") });
        await Create(couch, 20);
        disk.Fill();
        await Until.True(async () => (await Create(couch, 8)).Contains(503), Bound, "the disk is full");
        disk.MakeRoom();
        await Until.True(async () => (await Create(couch, 8)).All(status => status is 201), Bound, "there is room again");

        await Agree(couch);
    }

    [Fact]
    public async Task While_the_database_hangs_a_stream_waits_and_goes_on_and_nothing_is_in_it_that_is_not_in_the_table()
    {
        await using var database = await PostgresServer.NewDatabase();
        await using var proxy = TcpProxy.Before(database.ConnectionString, out var connection);
        await using var couch = await CouchProcess.Start(NodeSettings.Of(connection, Some.Key()));
        var seen = new ConcurrentBag<string>();
        await using var stream = await EventReader.Open(couch.Http.BaseAddress!, null);
        var reading = Read(stream, seen);
        await Create(couch, 20);
        proxy.Hang();
        Assert.Contains(503, await Create(couch, 8));
        proxy.Heal();
        await Until.True(async () => (await Create(couch, 8)).All(status => status is 201), Bound, "the database answers again");

        var created = await Agree(couch);
        await Until.True(() => Task.FromResult(seen.Count >= created.Count), Bound, "the stream has all");
        Assert.Equal(created, seen.Order(StringComparer.Ordinal));
        await couch.KillHard();
        await reading;
    }

    [Fact]
    public async Task A_stream_is_not_open_before_the_couch_knows_where_it_begins()
    {
        await using var database = await PostgresServer.NewDatabase();
        await using var couch = await CouchProcess.Start(NodeSettings.Of(database.ConnectionString));
        await using var holder = new NpgsqlConnection(database.ConnectionString);
        await holder.OpenAsync();
        await using var held = await holder.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("LOCK TABLE event_number", holder, held))
            await command.ExecuteNonQueryAsync();

        // What happened after its answer had begun, and before the newest number was known, would be missed.
        var opening = EventReader.Open(couch.Http.BaseAddress!, null);
        Assert.False(await Until.Holds(() => Task.FromResult(opening.IsCompleted), TimeSpan.FromSeconds(1)));
        await held.RollbackAsync();
        await using var stream = await opening;
        await Create(couch, 1);
        Assert.Equal("couch.invite.created", (await stream.Next(Bound)).EventType);
    }

    private static async Task<IReadOnlyList<int>> Create(CouchProcess couch, int invites) => await Task.WhenAll(
        Enumerable.Range(0, invites).Select(async _ => (await couch.Anyone.Post("/couch/invites", new { createdBy = "noah" })).Status));

    /// <summary>Claims that each invite has exactly one event of its creation, and each such event its invite.</summary>
    private static async Task<IReadOnlyList<string>> Agree(CouchProcess couch)
    {
        // A write whose answer was lost may still be on its way.
        List<string> rows = [], events = [];
        await Until.True(
            async () =>
            {
                rows = await All(couch, "/couch/invites?", "cursor", "invites", invite => (string)invite["id"]!);
                events = await All(
                    couch, "/couch/events?type=couch.invite.created&", "since_id", "events", one => (string)one["payload"]!["inviteId"]!);
                return rows.SequenceEqual(events);
            }, Bound, $"{rows.Count} invites and {events.Count} events agree");
        Assert.NotEmpty(rows);
        return rows;
    }

    private static async Task<List<string>> All(
        CouchProcess couch, string path, string cursorName, string noun, Func<JsonNode, string> id)
    {
        var all = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await couch.Anyone.Get($"{path}limit=1000{(cursor is "" ? "" : $"&{cursorName}={cursor}")}")).Is(200);
            all.AddRange(page.Json[noun]!.AsArray().Select(one => id(one!)));
            cursor = page["nextCursor"];
        }

        all.Sort(StringComparer.Ordinal);
        return all;
    }

    private static async Task Read(EventReader stream, ConcurrentBag<string> seen)
    {
        try
        {
            while (true)
                seen.Add((string)JsonNode.Parse((await stream.Next(Bound)).Data)!["payload"]!["inviteId"]!);
        }
        catch (Exception failure) when (failure is IOException or EndOfStreamException or HttpRequestException)
        {
            // Its node was killed.
        }
    }
}
