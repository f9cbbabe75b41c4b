using Couch.Cluster.Housekeeping;
using Couch.Cluster.Webhooks;
using Couch.Domain.Capabilities;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Webhooks;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Webhooks;

/// <summary>Retries over hours, by a clock that the test moves.</summary>
public abstract class WebhookRetryTests(TestCouch couch)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Refresh = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_receiver_that_answers_500_for_an_hour_gets_every_event_in_order_after_it()
    {
        await using var receiver = await Receiver.Start(500);
        var webhook = await Make(receiver);
        var began = couch.Clock.Now();
        await couch.AnInvite();
        await couch.AnInvite();
        var failing = await NextFailure(webhook);
        Assert.Equal(webhook.DeliveredId, failing.DeliveredId);

        while (couch.Clock.GetUtcNow() < began.AddHours(1))
            Assert.Equal(failing.FailingSince, (await NextFailure(webhook)).FailingSince);
        Assert.InRange(receiver.Got.Count, 8, 20);
        Assert.Single(receiver.Got.Select(one => one.Id).Distinct());
        receiver.Answer(200);
        await ToNextAttempt(webhook);
        await Passes(async () => await Row(webhook) is { State: WebhookState.Active } well
            && well.DeliveredId >= receiver.Got[^1].EventId && receiver.Got.Select(one => one.Id).Distinct().Count() == 2);

        Assert.Equal(receiver.Got.Select(one => one.EventId).Order(), receiver.Got.Select(one => one.EventId));
        var well = await Row(webhook);
        Assert.Equal((null, null, null, 0), (well.LastError, well.FailingSince, well.NextAttemptAt, well.Failures));
    }

    [Fact]
    public async Task A_receiver_that_hangs_is_given_up_after_15_seconds_and_tried_again()
    {
        await using var receiver = await Receiver.StartHanging();
        var webhook = await Make(receiver);
        await couch.AnInvite();
        await Passes(() => Task.FromResult(receiver.Got.Count == 1));
        couch.Clock.Advance(TimeSpan.FromSeconds(15));
        var failing = await Until.Gives(() => Row(webhook), row => row.Failures == 1, Soon, "it is given up");
        Assert.Equal("no answer within 15 s", failing.LastError);

        receiver.Answer(200);
        await Passes(async () => (await Row(webhook)).State is WebhookState.Active);
        Assert.Single(receiver.Got.Select(one => one.Id).Distinct());
    }

    [Fact]
    public async Task A_webhook_that_no_memory_knows_is_woken_by_its_row_within_a_minute()
    {
        await using var receiver = await Receiver.Start();
        var webhook = await Make(receiver);
        await couch.Forget(couch.Webhook(webhook.Id));
        await couch.AnInvite();
        await Passes(async () => (await Row(webhook)).DeliveredId > webhook.DeliveredId);
        Assert.Single(receiver.Got.Select(one => one.Id).Distinct());
    }

    [Fact]
    public async Task What_is_under_way_while_its_row_cannot_be_written_is_recorded_once_it_can_and_is_not_sent_twice()
    {
        await using var receiver = await Receiver.Start();
        var webhook = await Make(receiver);
        couch.Faults.RefuseWrite(webhook.Id.Value);
        await couch.AnInvite();
        await Passes(async () => (await Row(webhook)).DeliveredId > webhook.DeliveredId);
        Assert.True(couch.Faults.HasRefusedWrite);
        Assert.Single(receiver.Got);
    }

    [Fact]
    public async Task Its_row_is_read_by_housekeeping_and_lists_with_the_moment_that_it_names()
    {
        await using var receiver = await Receiver.Start(410);
        var webhook = await Make(receiver);
        Assert.Equal([$"{webhook.CreatedAt.ToUnixTimeMilliseconds()}"], await couch.WakeAt(webhook.Id.Value));
        await couch.AnInvite();
        await Passes(async () => (await Row(webhook)).State is WebhookState.Parked);
        Assert.Equal([""], await couch.WakeAt(webhook.Id.Value));

        var rows = new HousekeepingRows(couch.Database);
        Assert.Empty((await rows.LookThrough(null, 1000, TestCouch.Cancel)).Unreadable);
        var listed = await couch.Listings.Webhooks(1000, null, TestCouch.Cancel);
        Assert.Contains(await Row(webhook), listed.Rows);
    }

    /// <summary>Moves the clock little by little, so that what is sent meanwhile has time to arrive, until the claim holds.</summary>
    private Task Passes(Func<Task<bool>> claim) => Until.True(
        async () =>
        {
            if (await Until.Holds(claim, Moment))
                return true;
            couch.Clock.Advance(TimeSpan.FromSeconds(1));
            return false;
        },
        Soon, "it comes to pass");

    /// <summary>Moves the clock to the next attempt, and on until it has failed.</summary>
    private async Task<Webhook> NextFailure(Webhook webhook)
    {
        var before = await ToNextAttempt(webhook);
        await Passes(async () => (await Row(webhook)).Failures > before.Failures);
        var failing = await Row(webhook);
        Assert.Equal(("answered 500", WebhookState.Failing), (failing.LastError, failing.State));
        return failing;
    }

    private async Task<Webhook> ToNextAttempt(Webhook webhook)
    {
        var before = await Row(webhook);
        while (before.NextAttemptAt - couch.Clock.GetUtcNow() is { } wait && wait > TimeSpan.Zero)
        {
            // The reminder service reads the table once a minute, and needs time for it.
            couch.Clock.Advance(wait < Refresh ? wait : Refresh);
            await Until.Holds(() => Task.FromResult(false), Moment);
        }

        return before;
    }

    private async Task<Webhook> Make(Receiver receiver)
    {
        var id = WebhookId.New(couch.Clock.Now(), Some.Random);
        return await couch.Webhook(id).Create(new() { Id = id, Url = receiver.Url, CreatedWith = Actor.Configured });
    }

    private async Task<Webhook> Row(Webhook webhook) => (await new WebhookRows(couch.Database).Find(webhook.Id, TestCouch.Cancel))!;
}

public sealed class WebhookRetriesOnSqlite(WebhookCouchOnSqlite couch) : WebhookRetryTests(couch), IClassFixture<WebhookCouchOnSqlite>;

public sealed class WebhookRetriesOnPostgres(WebhookCouchOnPostgres couch)
    : WebhookRetryTests(couch), IClassFixture<WebhookCouchOnPostgres>;

/// <summary>A couch that may send to this machine.</summary>
public abstract class WebhookCouch(Engine engine) : TestCouch(engine)
{
    private readonly SigningKeys keys = Some.Keys();

    private protected override void AddVms(IServiceCollection services)
    {
        base.AddVms(services);
        services.AddSingleton(keys);
        services.AddSingleton(new WebhookOptions { AllowsPrivate = true });
    }
}

public sealed class WebhookCouchOnSqlite() : WebhookCouch(new SqliteEngine());

public sealed class WebhookCouchOnPostgres() : WebhookCouch(new PostgresEngine());
