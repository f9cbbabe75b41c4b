using System.Diagnostics;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>A guest holds the line for news of its stay.</summary>
public sealed class WaitingTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private const int Wait = 60;
    private static readonly TimeSpan LongBeforeItsTime = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Whoever_waits_is_told_of_its_endpoint_as_soon_as_there_is_one()
    {
        var stay = await couch.Anyone.Arrive();
        var news = await NewsOf(stay, couch, () => couch.Anyone.Post($"/couch/guests/{stay["guestId"]}/activate", new { vmId = "vm-1", agentEndpoint = "http://vm-1" }));
        Assert.Equal(("running", "http://vm-1"), (news.Is(200)["status"], news["agentEndpoint"]));
    }

    [Fact]
    public async Task Whoever_waits_is_told_of_the_end_as_a_token_that_opens_nothing_any_more()
    {
        var stay = await couch.Anyone.Arrive();
        var news = await NewsOf(stay, couch, () => couch.Anyone.Delete($"/couch/guests/{stay["guestId"]}"));
        news.Refuses(404, "invalid or expired token");
        Assert.Equal(("revoked", "killed"), (news["guestStatus"], news["endReason"]));
    }

    [Fact]
    public async Task Whoever_waits_is_told_when_its_time_is_up()
    {
        var stay = await couch.Anyone.Arrive(new { createdBy = "noah", resourceLimits = new { maxDurationHours = TimeSpan.FromSeconds(4).TotalHours } });
        var news = await NewsOf(stay, couch, () => Task.CompletedTask);
        Assert.Equal("expired", news.Refuses(404, "invalid or expired token")["endReason"]);
    }

    [Fact]
    public async Task Without_news_whoever_waits_is_answered_when_the_wait_is_over()
    {
        var stay = await couch.Anyone.Arrive();
        var began = Stopwatch.GetTimestamp();
        var answer = await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=1.5");
        Assert.Equal("provisioning", answer.Is(200)["status"]);
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.FromSeconds(1.4), LongBeforeItsTime);
    }

    [Fact]
    public async Task A_couch_that_shuts_down_answers_whoever_waits_at_once()
    {
        await using var leaving = await CouchHost.Start();
        var stay = await leaving.Anyone.Arrive();
        var news = await NewsOf(stay, leaving, () => leaving.App.StopAsync(TestContext.Current.CancellationToken));
        Assert.Equal("provisioning", news.Is(200)["status"]);
    }

    [Theory]
    [InlineData("61")]
    [InlineData("-1")]
    [InlineData("1e1")]
    [InlineData("soon")]
    public async Task A_wait_that_is_none_is_refused(string wait) =>
        (await couch.Anyone.Get($"/couch/status?token={(await couch.Anyone.Arrive())["authToken"]}&wait={wait}")).Refuses(400, "wait must be a number of seconds from 0 to 60");

    /// <summary>What whoever was waiting is answered, long before its time, when something happens.</summary>
    private static async Task<Answer> NewsOf(Answer stay, CouchHost host, Func<Task> happens)
    {
        var began = Stopwatch.GetTimestamp();
        var waiting = host.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait={Wait}");
        (await host.Anyone.Get($"/couch/status?token={stay["authToken"]}")).Is(200);
        Assert.False(waiting.IsCompleted);
        var happening = happens();
        var news = await waiting;
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, LongBeforeItsTime);
        await happening;
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, LongBeforeItsTime);
        return news;
    }
}
