using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Crashes;

/// <summary>A node may die under its readers: on another one they miss nothing and get nothing twice.</summary>
public sealed class EventCrashTests(CrashablePostgres home) : IClassFixture<CrashablePostgres>
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_stream_whose_node_is_killed_goes_on_at_another_without_gap_and_without_repeat()
    {
        await using var living = await home.Start();
        var dying = await home.Start();
        var seen = new ConcurrentQueue<long>();
        await using var first = await EventReader.Open(dying.Http.BaseAddress!, null);
        var following = Follow(first, seen);
        using var enough = new CancellationTokenSource();
        var writing = Write(living, enough.Token);

        await Until.True(() => Task.FromResult(seen.Count >= 20), Bound, "events are seen");
        await dying.DisposeAsync();
        await following;
        var last = seen.Last();
        await using var second = await EventReader.Open(living.Http.BaseAddress!, null, "", $"{last}");
        var resumed = Follow(second, seen);
        var before = seen.Count;
        await Until.True(() => Task.FromResult(seen.Count >= before + 20), Bound, "events are seen again");
        await enough.CancelAsync();
        await writing;

        var begin = seen.First();
        var all = new List<long>();
        for (long? since = begin - 1; since is { } id;)
        {
            var page = await living.Get($"/couch/events?limit=1000&since_id={id}");
            all.AddRange(page["events"]!.AsArray().Select(one => (long)one!["id"]!));
            since = (long?)page["nextCursor"];
        }

        await Until.True(() => Task.FromResult(seen.Count >= all.Count), Bound, "all are seen");
        Assert.Equal(all, seen);
        await living.KillHard();
        await resumed;
    }

    private static async Task Follow(EventReader stream, ConcurrentQueue<long> seen)
    {
        try
        {
            while (true)
                seen.Enqueue((long)JsonNode.Parse((await stream.Next(Bound)).Data)!["id"]!);
        }
        catch (Exception failure) when (failure is IOException or EndOfStreamException or HttpRequestException)
        {
            // Its node was killed.
        }
    }

    private static async Task Write(CouchProcess node, CancellationToken enough)
    {
        // While the other node is dying it may be told to ask again.
        while (!enough.IsCancellationRequested)
            await node.Anyone.Post("/couch/invites", new { createdBy = "noah" });
    }
}
