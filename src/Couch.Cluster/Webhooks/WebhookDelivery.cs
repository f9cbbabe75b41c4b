using System.Runtime.CompilerServices;
using System.Text.Json;
using Couch.Cluster.Events;
using Couch.Domain.Webhooks;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Webhooks;

/// <summary>
/// Follows the log for webhooks whose grains are on this silo, and sends what they want, outside their turns: each webhook on its
/// own, one event at a time. The next event is sent once the grain has recorded the last. It decides nothing: what a failure
/// means, and when another attempt is due, the grain says.
/// </summary>
internal sealed partial class WebhookDelivery(
    EventLog log, EventTail tail, WebhookSender sender, IGrainFactory grains, TimeProvider clock, ILogger<WebhookDelivery> logger)
    : IDisposable
{
    private const int PageSize = 100;

    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>How often a follower that waits looks whether it still should.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource shutdown = new();

    /// <summary>
    /// Delivers from where the webhook stands until a delivery fails, which the grain is told, or the grain wants no more.
    /// </summary>
    public void Begin(Webhook webhook, CancellationToken cancel) => Task.Run(
        async () =>
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel, shutdown.Token);
            try
            {
                await Run(webhook, over.Token);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
            }
        },
        CancellationToken.None);

    public void Dispose()
    {
        shutdown.Cancel();
        shutdown.Dispose();
    }

    private async Task Run(Webhook webhook, CancellationToken cancel)
    {
        var (at, hasFailed) = (webhook.DeliveredId, webhook.State is WebhookState.Failing);
        await Repeat(webhook.Id, async () =>
        {
            await foreach (var one in From(at, EventFilter.Of(webhook.Wanted, null, null), cancel))
            {
                if (!await Deliver(webhook, one, hasFailed, cancel))
                    return;
                (at, hasFailed) = (one.Id, false);
            }
        }, cancel);
    }

    /// <returns>Whether the next may be sent.</returns>
    private async Task<bool> Deliver(Webhook webhook, LoggedEvent one, bool hasFailed, CancellationToken cancel)
    {
        var answer = await sender.Send(webhook, EventIdOf(one), one.Record, hasFailed, cancel);
        var goesOn = false;
        // Said until it is heard: what is forgotten here would be sent again, and a failure that is not told would never be retried.
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

    /// <summary>
    /// Every event after <paramref name="at"/> that is wanted. What is old is asked of the database by its types; only what comes from
    /// then on is followed.
    /// </summary>
    private async IAsyncEnumerable<LoggedEvent> From(long at, EventFilter filter, [EnumeratorCancellation] CancellationToken cancel)
    {
        var newest = await log.Newest(cancel);
        while (await log.Page(at, null, filter, PageSize, cancel) is { Count: > 0 } page)
        {
            foreach (var one in page)
                yield return one;
            at = page[^1].Id;
        }

        await foreach (var batch in tail.Follow(Math.Max(at, newest), filter, Heartbeat, cancel))
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
