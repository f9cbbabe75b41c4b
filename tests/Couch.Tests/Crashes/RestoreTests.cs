using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Couch.Tests.Webhooks;
using Xunit;

namespace Couch.Tests.Crashes;

/// <summary>deploy/backup.sh of a running couch, and deploy/restore.sh after the worst.</summary>
public abstract class RestoreTests(CrashableCouch home)
{
    private const string Created = "couch.invite.created";
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_guest_of_before_the_damage_polls_on_after_the_restore()
    {
        using var folder = new TemporaryFolder();
        await using var couch = await home.Start();
        var invite = await couch.Post("/couch/invites", new { createdBy = "noah" });
        var guest = await couch.Post("/couch/redeem", new { code = (string)invite["code"]!, name = "guest-1" });

        await home.BackUp(folder["backup"]);
        Assert.Contains("stop", await home.Restore(folder["backup"], exitCode: 1), StringComparison.Ordinal);
        await BreakAndRestore(couch, folder["backup"]);

        var status = await couch.Get($"/couch/status?token={guest["authToken"]}");
        Assert.Equal((string?)guest["guestId"], (string?)status["guestId"]);
        await couch.Post("/couch/invites", new { createdBy = "noah" });
    }

    /// <summary>What happened after the backup is lost, and its numbers are not given to what happens now.</summary>
    [Fact]
    public async Task Readers_go_on_after_the_restore_where_they_were_and_get_each_new_event_once()
    {
        using var folder = new TemporaryFolder();
        await using var receiver = await Receiver.Start();
        await using var couch = await home.Start(new() { ["COUCH_WEBHOOK_PRIVATE"] = "true" });
        var webhook = await couch.Post("/couch/webhooks", new { url = receiver.Url, types = new[] { Created } });
        await using var first = await EventReader.Open(couch.Http.BaseAddress!, null, $"?type={Created}");
        await Invite(couch, "kept-1", "kept-2");
        var kept = await Read(first, 2);
        await IsTold();

        await home.BackUp(folder["backup"]);
        await Invite(couch, "lost-1", "lost-2", "lost-3");
        var lost = await Read(first, 3);
        Assert.Equal(lost, await Page(couch, kept[^1].Id));
        await IsTold();
        await BreakAndRestore(couch, folder["backup"]);
        // What the couch itself remembers is what was backed up.
        Assert.Empty(await Page(couch, kept[^1].Id));

        // Some are behind whoever resumes, and some happen while they follow.
        await Invite(couch, "new-1", "new-2");
        await using var second = await EventReader.Open(couch.Http.BaseAddress!, null, $"?type={Created}", $"{lost[^1].Id}");
        var seen = await Read(second, 2);
        await Invite(couch, "new-3", "new-4");
        seen.AddRange(await Read(second, 2));
        Assert.Equal(["new-1", "new-2", "new-3", "new-4"], seen.Select(one => one.Label));
        Assert.Equal(seen, await Page(couch, lost[^1].Id));
        await IsTold();

        List<(long Id, string Label)> all = [.. kept, .. lost, .. seen];
        Assert.Equal(all.Select(one => one.Id).Distinct().Order(), all.Select(one => one.Id));
        Assert.Equal(all, receiver.Got.Select(one => Of(one.Json)));

        Task IsTold() => Until.True(
            async () => (long)(await couch.Get($"/couch/webhooks/{webhook["id"]}"))["behind"]! == 0, Bound, "the receiver has been told");
    }

    [Fact]
    public async Task A_backup_never_overwrites_another()
    {
        using var folder = new TemporaryFolder();
        await using var couch = await home.Start();
        await home.BackUp(folder["backup"]);

        Assert.Contains("is there already", await home.BackUp(folder["backup"], exitCode: 1), StringComparison.Ordinal);
    }

    private async Task BreakAndRestore(CouchProcess couch, string backup)
    {
        await couch.KillHard();
        await home.Damage();
        await Until.True(() => home.TryRestore(backup), TimeSpan.FromSeconds(30), "the killed node's connections are gone");
        await couch.StartAgain();
    }

    private static async Task Invite(CouchProcess couch, params string[] labels)
    {
        foreach (var label in labels)
            await couch.Post("/couch/invites", new { createdBy = "noah", label });
    }

    private static async Task<List<(long Id, string Label)>> Read(EventReader stream, int count)
    {
        var seen = new List<(long, string)>();
        while (seen.Count < count)
            seen.Add(Of(JsonNode.Parse((await stream.Next(Bound)).Data)!));
        return seen;
    }

    /// <summary>What a poller is given that has seen everything up to there.</summary>
    private static async Task<IEnumerable<(long Id, string Label)>> Page(CouchProcess couch, long since) =>
        [.. (await couch.Get($"/couch/events?type={Created}&since_id={since}"))["events"]!.AsArray().Select(one => Of(one!))];

    private static (long Id, string Label) Of(JsonNode one) => ((long)one["id"]!, (string)one["payload"]!["label"]!);
}

public sealed class SqliteRestoreTests(CrashableSqlite home) : RestoreTests(home), IClassFixture<CrashableSqlite>;

public sealed class PostgresRestoreTests(CrashablePostgres home) : RestoreTests(home), IClassFixture<CrashablePostgres>;
