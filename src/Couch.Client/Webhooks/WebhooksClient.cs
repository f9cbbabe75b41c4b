using Couch.Client.Http;
using Couch.Client.Json;

namespace Couch.Client;

/// <summary>Addresses to which events are sent. It needs a host key of scope <c>webhooks</c>.</summary>
public sealed class WebhooksClient
{
    private const string Path = "couch/webhooks";
    private readonly Transport transport;

    internal WebhooksClient(Transport transport) => this.transport = transport;

    /// <summary>Makes a webhook, for events from now on. Its secret is in this answer and nowhere else.</summary>
    /// <remarks>
    /// It is not repeated where an answer was lost, because the protocol has no idempotency key for it: there might be two then. Delete the
    /// one that the list shows, and make another.
    /// </remarks>
    /// <exception cref="CouchConflictException">There are as many as there may be.</exception>
    public Task<CreatedWebhook> Create(NewWebhook webhook, CancellationToken cancel = default) => transport.Ask(
        new Call(HttpMethod.Post, Path) { Repeats = Repeats.IfNothingWasDone }.With(webhook, RequestJson.Default.NewWebhook),
        AnswerJson.Default.CreatedWebhook, cancel);

    /// <summary>Lists webhooks, newest first, including parked ones.</summary>
    /// <param name="pageSize">How many are asked for at a time: 1 to 1000. Default: the couch's, 100.</param>
    public IAsyncEnumerable<Webhook> List(int? pageSize = null, CancellationToken cancel = default) =>
        Paging.Items(Pages(pageSize, cancel), page => page.Webhooks, cancel);

    /// <summary>Lists webhooks as pages, which also name those that the couch cannot read.</summary>
    /// <param name="pageSize">How many are asked for at a time: 1 to 1000. Default: the couch's, 100.</param>
    public IAsyncEnumerable<WebhookPage> Pages(int? pageSize = null, CancellationToken cancel = default) => Paging.All(
        (string?)null,
        (cursor, stop) => transport.Ask(
            new Call(HttpMethod.Get, Path) { Query = new Query().Add("limit", pageSize).Add("cursor", cursor) },
            AnswerJson.Default.WebhookPage, stop),
        page => (page.NextCursor is not null, page.NextCursor), cancel);

    /// <summary>Shows a webhook, and whether its events are delivered.</summary>
    /// <exception cref="CouchNotFoundException">There is none with this id.</exception>
    public Task<Webhook> Get(string id, CancellationToken cancel = default) =>
        transport.Ask(Call.Get(One(id)), AnswerJson.Default.Webhook, cancel);

    /// <summary>Deletes a webhook: nothing more is sent to it.</summary>
    /// <exception cref="CouchNotFoundException">There is none with this id.</exception>
    public Task Delete(string id, CancellationToken cancel = default) =>
        transport.Tell(new Call(HttpMethod.Delete, One(id)) { IsDoneWhenGone = true }, cancel);

    /// <summary>Resumes a parked webhook where it stopped, and retries a failing one at once.</summary>
    /// <exception cref="CouchNotFoundException">There is none with this id.</exception>
    public Task<Webhook> Resume(string id, CancellationToken cancel = default) =>
        transport.Ask(Call.Post(One(id) + "/resume"), AnswerJson.Default.Webhook, cancel);

    /// <summary>Sends a test to the receiver now, and shows its answer.</summary>
    /// <remarks>It is not repeated where an answer was lost: the receiver would be sent two.</remarks>
    /// <exception cref="CouchNotFoundException">There is none with this id.</exception>
    public Task<WebhookTest> Test(string id, CancellationToken cancel = default) => transport.Ask(
        new Call(HttpMethod.Post, One(id) + "/test") { Repeats = Repeats.IfNothingWasDone }, AnswerJson.Default.WebhookTest, cancel);

    private static string One(string id) => $"{Path}/{Ids.Checked(id)}";
}
