using Couch.Tests.Crashes;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Webhooks;

/// <summary>What a SIGKILL may cost a receiver: the same event once more, and never one that it has not had.</summary>
public abstract class WebhookCrashTests(CrashableCouch home)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Killed_between_a_delivery_and_its_record_the_couch_delivers_that_event_again_under_the_same_id_and_goes_on()
    {
        await using var receiver = await Receiver.Start();
        await using var couch = await home.Start(new() { ["COUCH_WEBHOOK_PRIVATE"] = "true" });
        var made = await couch.Post("/couch/webhooks", new { url = receiver.Url });
        await couch.Anyone.Invite();
        await receiver.Gets(1, Soon);
        await Until.True(async () => (long)(await Get())["behind"]! == 0, Soon, "the first is recorded");

        await using (await home.HoldBackChanges("webhook"))
        {
            await couch.Anyone.Invite();
            await couch.Anyone.Invite();
            await receiver.Gets(2, Soon);
            Assert.Equal(receiver.Got[0].EventId, (long)(await Get())["deliveredId"]!);
            await couch.KillHard();
        }

        Assert.Equal(2, receiver.Got.Count);
        await couch.StartAgain();
        await receiver.Gets(4, Soon);
        var ids = receiver.Got.Select(one => one.Id).ToList();
        Assert.Equal(ids[1], ids[2]);
        Assert.Equal(3, ids.Distinct().Count());
        Assert.Equal(receiver.Got.Select(one => one.EventId).Order(), receiver.Got.Select(one => one.EventId));
        Assert.All(receiver.Got, one => Assert.True(one.IsSignedBy((string)made["secret"]!)));
        await Until.True(async () => (long)(await Get())["behind"]! == 0, Soon, "all are recorded");
        Assert.Equal(4, receiver.Got.Count);

        Task<System.Text.Json.Nodes.JsonNode> Get() => couch.Get($"/couch/webhooks/{made["id"]}");
    }
}

public sealed class WebhookCrashesOnSqlite(CrashableSqlite home) : WebhookCrashTests(home), IClassFixture<CrashableSqlite>;

public sealed class WebhookCrashesOnPostgres(CrashablePostgres home) : WebhookCrashTests(home), IClassFixture<CrashablePostgres>;
