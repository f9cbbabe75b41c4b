using System.Runtime.CompilerServices;
using System.Text.Json;
using Couch.Cluster.Events;
using Couch.Domain.Webhooks;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Webhooks;

/// <summary>
/// Follows the log for the webhooks whose grains are on this silo, and sends the events outside the grains' turns. Each webhook has a
/// task of its own, which sends one event at a time, and the next one after the grain has recorded the last. The grain decides what a
/// failure means and when the next attempt is due.
/// </summary>
internal sealed partial class WebhookDelivery(
    EventTail tail, WebhookSender sender, IGrainFactory grains, TimeProvider clock, ILogger<WebhookDelivery> logger)
    : IDisposable
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Heartbeat = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource shutdown = new();

    /// <summary>
    /// Delivers the events after the webhook's last delivered one, until a delivery fails or the grain stops it. The grain is told of a
    /// failure.
    /// </summary>
    public void Begin(Webhook webhook, CancellationToken cancel)
    {
        // Made here, where both sources still exist.
        var over = CancellationTokenSource.CreateLinkedTokenSource(cancel, shutdown.Token);
        Task.Run(
            async () =>
            {
                using (over)
                {
                    try
                    {
                        await Run(webhook, over.Token);
                    }
                    catch (Exception) when (over.IsCancellationRequested)
                    {
                    }
                }
            },
            CancellationToken.None);
    }

    public void Dispose()
    {
        shutdown.Cancel();
        shutdown.Dispose();
    }

    private async Task Run(Webhook webhook, CancellationToken cancel)
    {
        var at = webhook.DeliveredId;
        await Repeat(webhook.Id, async () =>
        {
            await foreach (var one in From(at, EventFilter.Of(webhook.Wanted), cancel))
            {
                if (!await Deliver(webhook, one, cancel))
                    return;
                at = one.Id;
            }
        }, cancel);
    }

    /// <returns>Whether the next event may be sent.</returns>
    private async Task<bool> Deliver(Webhook webhook, LoggedEvent one, CancellationToken cancel)
    {
        var answer = await sender.Send(webhook, EventIdOf(one), one.Record, cancel);
        var goesOn = false;
        // Repeated until the grain has recorded it: otherwise a delivered event is sent again, or a failed one is not retried.
        await Repeat(webhook.Id, async () =>
        {
            var grain = grains.Webhook(webhook.Id);
            if (answer.Error is { } error)
                await grain.ObserveFailed(one.Id, error, answer.IsGone);
            else
                goesOn = await grain.ObserveDelivered(one.Id);
        }, cancel);
        return goesOn;
    }

    /// <summary>The wanted events after <paramref name="at"/>.</summary>
    private async IAsyncEnumerable<LoggedEvent> From(long at, EventFilter filter, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var batch in tail.Follow(at, filter, Heartbeat, cancel))
        foreach (var one in batch)
            yield return one;
    }

    private async Task Repeat(WebhookId webhook, Func<Task> work, CancellationToken cancel)
    {
        var hasFailed = false;
        while (true)
        {
            try
            {
                await work();
                return;
            }
            catch (Exception failure) when (!cancel.IsCancellationRequested)
            {
                if (!hasFailed)
                    LogInterrupted(webhook, failure.Message);
                hasFailed = true;
            }

            await Task.Delay(AfterFailure, clock, cancel);
        }
    }

    private static string EventIdOf(LoggedEvent one)
    {
        using var record = JsonDocument.Parse(one.Record);
        return record.RootElement.GetProperty("eventId").GetString()!;
    }

    [LoggerMessage(281, LogLevel.Warning, "Webhook {WebhookId} waits, and goes on by itself: {Reason}")]
    private partial void LogInterrupted(WebhookId webhookId, string reason);
}
