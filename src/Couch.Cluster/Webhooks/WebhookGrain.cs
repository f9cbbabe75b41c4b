using System.Security.Cryptography;
using Couch.Cluster.Events;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Webhooks;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Couch.Cluster.Webhooks;

[GrainType(GrainKinds.Webhook)]
internal sealed partial class WebhookGrain(
    IGrainStorage storage,
    CouchDatabase database,
    EventRecords records,
    EventLog events,
    WebhookDelivery delivery,
    WebhookTest test,
    CouchMeter meter,
    TimeProvider clock,
    RandomNumberGenerator random,
    ILogger<WebhookGrain> log) : Grain, IWebhookGrain, IRemindable, IDisposable
{
    private static readonly RowRules<Webhook> Rules = new() { NextMoment = webhook => webhook.NextMoment };

    private GrainRow<Webhook> row = null!;
    private GrainWake wake = null!;

    // Not stored: a new activation starts after the last recorded event, and may send an event again that was being delivered.
    private CancellationTokenSource? underWay;
    private Task<WebhookAnswer>? testing;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        row = new(GrainContext, GrainKinds.Webhook, storage, database, DeactivateOnIdle, Rules, records, Drive);
        wake = new(this, clock, Wake);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        StopDelivery();
        return Task.CompletedTask;
    }

    public void Dispose() => StopDelivery();

    public async Task<Webhook> Create(Webhook webhook)
    {
        if (await row.Read() is { } existing)
            return existing;

        webhook.MustBeNew(this.GetPrimaryKeyString());
        await row.Write(webhook with { DeliveredId = await events.Newest(CancellationToken.None) });
        LogCreated(webhook.Id);
        return row.Current!;
    }

    public async Task<bool> Delete()
    {
        if (await row.Read() is not { } webhook)
            return false;

        await row.Delete();
        LogDeleted(webhook.Id);
        DeactivateOnIdle();
        return true;
    }

    public async Task<Webhook?> Resume()
    {
        if (await row.Read() is not { } webhook)
            return null;

        var resumed = webhook.Resume(clock.Now());
        if (resumed != webhook)
        {
            await row.Write(resumed);
            LogResumed(webhook.Id);
        }

        return row.Current;
    }

    public async Task<WebhookAnswer?> Test(Actor by) => await row.Read() is { } webhook
        ? await (testing is { IsCompleted: false } ? testing : testing = test.Send(webhook, by))
        : null;

    public async Task Wake()
    {
        await row.Read();
        await row.KeepWake(clock.Now());
        Drive();
    }

    public async Task<bool> ObserveDelivered(long eventId)
    {
        if (await row.Read() is not { } webhook)
            return false;

        var next = webhook.ObserveDelivered(eventId);
        if (next != webhook)
            await row.Write(next);
        if (webhook.State is WebhookState.Failing && next.State is WebhookState.Active)
            LogRecovered(webhook.Id);
        return row.Current is { State: WebhookState.Active };
    }

    public async Task ObserveFailed(long eventId, string error, bool isGone)
    {
        if (await row.Read() is not { } webhook)
            return;

        var failed = webhook.ObserveFailed(eventId, error, isGone, clock.Now(), random.NextFraction());
        if (failed == webhook)
        {
            // The caller has stopped sending: start again if deliveries are still due.
            StopDelivery();
            Drive();
            return;
        }

        await row.Write(failed);
        if (failed.State is WebhookState.Parked)
        {
            LogParked(webhook.Id, failed.LastError);
            meter.WebhookParked();
        }
        else if (webhook.State is WebhookState.Active)
        {
            LogFailing(webhook.Id, failed.LastError);
        }
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        try
        {
            await Wake();
        }
        catch (UnreadableRowException)
        {
            // Nothing is sent until the row can be read; housekeeping reports it.
        }
    }

    /// <summary>Starts deliveries that are due, stops those that are not, and schedules the next attempt.</summary>
    private void Drive()
    {
        var webhook = row.Current;
        if (webhook?.IsDue(clock.GetUtcNow()) is not true)
            StopDelivery();
        else if (underWay is null)
        {
            underWay = new();
            delivery.Begin(webhook, underWay.Token);
        }

        wake.At(underWay is null ? webhook?.NextAttemptAt : null);
    }

    private void StopDelivery()
    {
        underWay?.Cancel();
        underWay?.Dispose();
        underWay = null;
    }

    [LoggerMessage(282, LogLevel.Information, "couch.webhook.created {WebhookId}", EventName = "couch.webhook.created")]
    private partial void LogCreated(WebhookId webhookId);

    [LoggerMessage(283, LogLevel.Information, "couch.webhook.deleted {WebhookId}", EventName = "couch.webhook.deleted")]
    private partial void LogDeleted(WebhookId webhookId);

    [LoggerMessage(284, LogLevel.Information, "couch.webhook.resumed {WebhookId}", EventName = "couch.webhook.resumed")]
    private partial void LogResumed(WebhookId webhookId);

    [LoggerMessage(285, LogLevel.Warning, "couch.webhook.failing {WebhookId}: {Reason}", EventName = "couch.webhook.failing")]
    private partial void LogFailing(WebhookId webhookId, string? reason);

    [LoggerMessage(286, LogLevel.Information, "couch.webhook.recovered {WebhookId}", EventName = "couch.webhook.recovered")]
    private partial void LogRecovered(WebhookId webhookId);

    [LoggerMessage(
        287, LogLevel.Error, "couch.webhook.parked {WebhookId}: {Reason}. Nothing more is sent to it until a host resumes it",
        EventName = "couch.webhook.parked")]
    private partial void LogParked(WebhookId webhookId, string? reason);
}
