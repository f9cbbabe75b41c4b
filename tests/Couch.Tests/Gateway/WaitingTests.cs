using System.Diagnostics;
using Couch.Cluster.Guests;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>A guest holds the line for news of its stay. No bound here is a machine's speed: see <see cref="OnlyNews"/>.</summary>
public sealed class WaitingTests(WaitingTests.Couch couch) : IClassFixture<WaitingTests.Couch>
{
    private const int Wait = 60;
    private static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(1.4);

    [Fact]
    public async Task Whoever_waits_is_told_of_its_endpoint_as_soon_as_there_is_one()
    {
        var stay = await couch.Anyone.Arrive();
        var news = await NewsOf(stay, couch, () => couch.Anyone.Post($"/couch/guests/{stay["guestId"]}/activate",
            new { vmId = "vm-1", agentEndpoint = "http://vm-1" }));
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
        var arrived = Stopwatch.GetTimestamp();
        var stay = await couch.Anyone.Arrive(
            new { createdBy = "noah", resourceLimits = new { maxDurationHours = TimeSpan.FromSeconds(4).TotalHours } });
        var news = await Asking(stay, "", Wait);
        Assert.Equal("expired", news.Refuses(404, "invalid or expired token")["endReason"]);
        Assert.True(Stopwatch.GetElapsedTime(arrived) >= TimeSpan.FromSeconds(3.9));
    }

    [Fact]
    public async Task Without_news_whoever_waits_is_answered_when_the_wait_is_over()
    {
        var stay = await couch.Anyone.Arrive();
        var began = Stopwatch.GetTimestamp();
        var answer = await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=1.5");
        Assert.Equal("provisioning", answer.Is(200)["status"]);
        Assert.True(Stopwatch.GetElapsedTime(began) >= ShortWait);
    }

    [Fact]
    public async Task A_couch_that_shuts_down_answers_whoever_waits_at_once()
    {
        await using var leaving = await CouchHost.Start(OnlyNews.Rule);
        var stay = await leaving.Anyone.Arrive();
        var news = await NewsOf(stay, leaving, () => leaving.App.StopAsync(TestContext.Current.CancellationToken));
        Assert.Equal("provisioning", news.Is(200)["status"]);
    }

    [Fact]
    public async Task Whoever_runs_already_at_its_first_call_is_told_so_at_once()
    {
        var stay = await Running();
        Assert.Equal("running", (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait={Wait}")).Is(200)["status"]);
    }

    [Fact]
    public async Task Whoever_says_what_it_has_sees_two_changes_one_after_the_other_and_then_the_end()
    {
        var stay = await couch.Anyone.Arrive();
        var arrived = (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}")).Is(200);

        var running = await NewsOf(stay, couch, () => couch.Anyone.Post($"/couch/guests/{stay["guestId"]}/activate",
            new { vmId = "vm-1", agentEndpoint = "http://vm-1" }), arrived.Header("ETag"));
        Assert.Equal("running", running.Is(200)["status"]);
        Assert.NotEqual(arrived.Header("ETag"), running.Header("ETag"));
        // What it had is not what is: no news is missed between two calls.
        Assert.Equal(running.Header("ETag"), (await Asking(stay, arrived.Header("ETag"), Wait)).Is(200).Header("ETag"));

        var ended = await NewsOf(stay, couch, () => couch.Anyone.Delete($"/couch/guests/{stay["guestId"]}"), running.Header("ETag"));
        Assert.Equal("revoked", ended.Refuses(404)["guestStatus"]);
        Assert.Equal("revoked", (await Asking(stay, running.Header("ETag"), Wait)).Refuses(404)["guestStatus"]);
    }

    [Fact]
    public async Task Without_news_whoever_says_what_it_has_is_told_304_at_once_or_when_the_wait_is_over()
    {
        var stay = await Running();
        var tag = (await Asking(stay, "", 0)).Is(200).Header("ETag");
        Assert.StartsWith("W/\"", tag, StringComparison.Ordinal);

        var unchanged = (await Asking(stay, tag, 0)).Is(304);
        Assert.Equal(("", tag, "no-store"), (unchanged.Body, unchanged.Header("ETag"), unchanged.Header("Cache-Control")));

        // What it uses is no news.
        (await couch.Anyone.Put($"/couch/guests/{stay["guestId"]}/usage", new { tokensUsed = 7 })).Is(200);
        var began = Stopwatch.GetTimestamp();
        (await Asking(stay, tag, 1.5)).Is(304);
        Assert.True(Stopwatch.GetElapsedTime(began) >= ShortWait);
    }

    [Theory]
    [InlineData("{tag}", true)]
    [InlineData("{strong}", true)]
    [InlineData("\"another\", {tag}", true)]
    [InlineData("*", true)]
    [InlineData("\"another\", W/\"one more\"", false)]
    [InlineData("no tag at all", false)]
    public async Task What_is_known_may_be_said_as_a_list_weak_or_strong_or_as_anything(string known, bool isKnown)
    {
        var stay = await Running();
        var tag = (await Asking(stay, "", 0)).Is(200).Header("ETag");
        known = known.Replace("{tag}", tag, StringComparison.Ordinal).Replace("{strong}", tag["W/".Length..], StringComparison.Ordinal);

        (await Asking(stay, known, 0)).Is(isKnown ? 304 : 200);
    }

    [Fact]
    public async Task Each_guest_and_each_endpoint_has_a_tag_of_its_own()
    {
        var (one, other) = (await Running(), await Running());
        var tags = new List<string>
        {
            (await Asking(one, "", 0)).Header("ETag"),
            (await Asking(other, "", 0)).Header("ETag"),
            (await Asking(await couch.Anyone.Arrive(), "", 0)).Header("ETag"),
        };

        Assert.Equal(3, tags.Distinct().Count());
        Assert.Equal(tags[0], (await couch.With(one["authToken"]!).Get("/couch/status")).Header("ETag"));
    }

    [Theory]
    [InlineData("61")]
    [InlineData("-1")]
    [InlineData("1e1")]
    [InlineData("soon")]
    public async Task A_wait_that_is_none_is_refused(string wait) =>
        (await couch.Anyone.Get($"/couch/status?token={(await couch.Anyone.Arrive())["authToken"]}&wait={wait}")).Refuses(
            400, "wait must be a number of seconds from 0 to 60");

    /// <summary>What whoever was waiting is answered when something happens; that its time was up cannot be why.</summary>
    private static async Task<Answer> NewsOf(Answer stay, CouchHost host, Func<Task> happens, string known = "")
    {
        var waiting = Asking(host, stay, known, Wait);
        (await host.Anyone.Get($"/couch/status?token={stay["authToken"]}")).Is(200);
        Assert.False(waiting.IsCompleted);
        var happening = happens();
        var news = await waiting;
        await happening;
        return news;
    }

    private Task<Answer> Asking(Answer stay, string known, double wait) => Asking(couch, stay, known, wait);

    /// <param name="known">What stands in <c>If-None-Match</c>; empty: it is not sent.</param>
    private static Task<Answer> Asking(CouchHost host, Answer stay, string known, double wait) =>
        (known.Length == 0 ? host.Anyone : host.Anyone.Sending("If-None-Match", known)).Get(string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"/couch/status?token={stay["authToken"]}&wait={wait}"));

    private async Task<Answer> Running()
    {
        var stay = await couch.Anyone.Arrive();
        (await couch.Anyone.Post($"/couch/guests/{stay["guestId"]}/activate",
            new { vmId = "vm-1", agentEndpoint = "http://vm-1" })).Is(200);
        return stay;
    }

    public sealed class Couch() : CouchHost([], OnlyNews.Rule);

    /// <summary>
    /// A clock on which a call to a grain that waits as long as it may never ends by itself. Whoever waits is answered because
    /// of what happened, or not at all: on the real clock, news that nobody tells would be found out when that call is over,
    /// and only the time that it took would show it, which on a busy machine shows nothing.
    /// </summary>
    private sealed class OnlyNews : TimeProvider
    {
        public static void Rule(WebApplicationBuilder builder) => builder.Services.AddSingleton<TimeProvider>(new OnlyNews());

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, IsLongest(dueTime) ? Timeout.InfiniteTimeSpan : dueTime, period);

        private static bool IsLongest(TimeSpan wait) =>
            wait <= IGuestGrain.LongestWait && wait > IGuestGrain.LongestWait - TimeSpan.FromSeconds(1);
    }
}
