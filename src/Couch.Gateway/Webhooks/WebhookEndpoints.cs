using System.Security.Cryptography;
using Couch.Cluster;
using Couch.Cluster.Events;
using Couch.Cluster.Storage;
using Couch.Cluster.Webhooks;
using Couch.Domain.Capabilities;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Webhooks;
using Couch.Gateway.Access;
using Couch.Gateway.Problems;
using Couch.Gateway.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Couch.Gateway.Webhooks;

/// <summary>A host has events sent to addresses of its own, and sees whether they get there.</summary>
public static class WebhookEndpoints
{
    /// <summary>Beyond it events that wait are not counted.</summary>
    private const int MostCounted = 10_000;

    private const int CountsAtOnce = 4;

    /// <summary>Maps <c>/couch/webhooks</c>, for host keys of scope webhooks.</summary>
    public static void MapWebhooks(this IEndpointRouteBuilder app)
    {
        var webhooks = app.MapHostGroup("/couch/webhooks", "Webhooks", KeyScope.Webhooks);
        webhooks.MapPost("", Create).Refuses(400, 409, 413, 415);
        webhooks.MapGet("", List).Refuses(400);
        webhooks.MapGet("{id}", Get).Refuses(404);
        webhooks.MapDelete("{id}", Delete).Refuses(400, 404, 413, 415);
        webhooks.MapPost("{id}/resume", Resume).Refuses(400, 404, 413, 415);
        webhooks.MapPost("{id}/test", Test).Refuses(400, 404, 413, 415);
    }

    /// <summary>Makes a webhook, for events from now on. Its secret is shown in this answer and nowhere else.</summary>
    /// <remarks>
    /// Events are sent one at a time, in the log's order, at least once, and signed as standardwebhooks.com defines it. An answer
    /// of 2xx within 15 seconds accepts an event; otherwise it is sent again with growing pauses, for 24 hours. Redirects are not
    /// followed.
    /// </remarks>
    public static async Task<Results<Created<CreatedWebhookView>, Refusal>> Create(
        CreateWebhookBody body, HttpContext context, IGrainFactory grains, WebhookRows rows, [FromServices] SigningKeys signing,
        TimeProvider clock, RandomNumberGenerator random, CancellationToken cancel)
    {
        var fields = new Fields();
        var (url, types, description) = body.Read(fields);
        if (fields.Refusal is { } refusal)
            return refusal;
        if ((await rows.All(cancel)).Count >= WebhookRows.Most)
            return Refusals.TooManyWebhooks;

        var id = WebhookId.New(clock.Now(), random);
        var webhook = await grains.Webhook(id).Create(new()
        {
            Id = id,
            Url = url,
            Types = types,
            Description = description,
            CreatedWith = HostCaller.Of(context).Actor,
        });
        return TypedResults.Created($"/couch/webhooks/{webhook.Id}", CreatedWebhookView.Of(webhook, signing));
    }

    /// <summary>Lists webhooks, newest first, including parked ones.</summary>
    public static async Task<Results<Ok<WebhookList>, Refusal>> List(
        [AsParameters] Paging paging, Listings listings, EventLog log, CancellationToken cancel)
    {
        var fields = new Fields();
        var (limit, cursor) = paging.Read<WebhookId>(fields);
        if (fields.Refusal is { } refusal)
            return refusal;

        var page = await listings.Webhooks(limit, cursor, cancel);
        var views = new WebhookView[page.Rows.Count];
        await Parallel.ForEachAsync(
            page.Rows.Index(), new ParallelOptions { MaxDegreeOfParallelism = CountsAtOnce, CancellationToken = cancel },
            async (row, token) => views[row.Index] = await View(row.Item, log, token));
        return TypedResults.Ok(new WebhookList
        {
            Webhooks = views,
            Count = views.Length,
            NextCursor = page.NextCursor,
            Unreadable = page.Unreadable,
        });
    }

    /// <summary>Shows a webhook, and whether its events are delivered.</summary>
    /// <param name="id">The webhook's id.</param>
    public static async Task<Results<Ok<WebhookView>, Refusal>> Get(
        string id, WebhookRows rows, EventLog log, CancellationToken cancel) =>
        WebhookId.TryParse(id, out var webhookId) && await rows.Find(webhookId, cancel) is { } webhook
            ? TypedResults.Ok(await View(webhook, log, cancel))
            : Refusals.WebhookNotFound;

    /// <summary>Deletes a webhook: nothing more is sent to it.</summary>
    /// <remarks>An event that is being sent at that moment may still arrive.</remarks>
    /// <param name="id">The webhook's id.</param>
    public static async Task<Results<NoContent, Refusal>> Delete(string id, IGrainFactory grains) =>
        WebhookId.TryParse(id, out var webhookId) && await grains.Webhook(webhookId).Delete()
            ? TypedResults.NoContent()
            : Refusals.WebhookNotFound;

    /// <summary>Resumes a parked webhook where it stopped, and retries a failing one at once.</summary>
    /// <param name="id">The webhook's id.</param>
    public static async Task<Results<Ok<WebhookView>, Refusal>> Resume(
        string id, IGrainFactory grains, EventLog log, CancellationToken cancel) =>
        WebhookId.TryParse(id, out var webhookId) && await grains.Webhook(webhookId).Resume() is { } webhook
            ? TypedResults.Ok(await View(webhook, log, cancel))
            : Refusals.WebhookNotFound;

    /// <summary>Sends an event of type couch.webhook.test now, and shows the receiver's answer.</summary>
    /// <remarks>The event is not in the log: its id is 0. The test does not change the webhook.</remarks>
    /// <param name="id">The webhook's id.</param>
    public static async Task<Results<Ok<WebhookTestView>, Refusal>> Test(string id, HttpContext context, IGrainFactory grains) =>
        WebhookId.TryParse(id, out var webhookId) && await grains.Webhook(webhookId).Test(HostCaller.Of(context).Actor) is { } answer
            ? TypedResults.Ok(WebhookTestView.Of(answer))
            : Refusals.WebhookNotFound;

    private static async Task<WebhookView> View(Webhook webhook, EventLog log, CancellationToken cancel) => WebhookView.Of(
        webhook, await log.Waiting(webhook.DeliveredId, EventFilter.Of(webhook.Wanted), MostCounted, cancel));
}
