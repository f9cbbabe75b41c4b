using Couch.Client.Http;
using Couch.Client.Json;

namespace Couch.Client;

/// <summary>
/// What a host does with guests. It needs a host key of scope <c>guests</c>, or <c>meter</c> to show one guest and to report usage.
/// </summary>
public sealed class GuestsClient
{
    private const string Path = "couch/guests";
    private readonly Transport transport;

    internal GuestsClient(Transport transport) => this.transport = transport;

    /// <summary>Lists guests, newest first. Further pages are asked for as they are needed.</summary>
    public IAsyncEnumerable<Guest> List(GuestFilter? filter = null, CancellationToken cancel = default) =>
        Paging.Items(Pages(filter, cancel), page => page.Guests, cancel);

    /// <summary>Lists guests as pages, which also name those that the couch cannot read.</summary>
    public IAsyncEnumerable<GuestPage> Pages(GuestFilter? filter = null, CancellationToken cancel = default) => Paging.All(
        (string?)null,
        (cursor, stop) => transport.Ask(
            new Call(HttpMethod.Get, Path) { Query = (filter ?? new()).Query(cursor) }, AnswerJson.Default.GuestPage, stop),
        page => (page.NextCursor is not null, page.NextCursor), cancel);

    /// <summary>Shows a guest.</summary>
    /// <exception cref="CouchNotFoundException">There is none with this id.</exception>
    public Task<Guest> Get(string id, CancellationToken cancel = default) =>
        transport.Ask(Call.Get(One(id)), AnswerJson.Default.Guest, cancel);

    /// <summary>Shows what a guest has used, and which limits it is above.</summary>
    /// <exception cref="CouchNotFoundException">There is none with this id.</exception>
    public Task<GuestReport> GetReport(string id, CancellationToken cancel = default) =>
        transport.Ask(Call.Get(One(id) + "/status"), AnswerJson.Default.GuestReport, cancel);

    /// <summary>A guest's whole history, its invite's included, oldest first.</summary>
    /// <exception cref="CouchNotFoundException">There is none with this id.</exception>
    public async Task<IReadOnlyList<CouchEvent>> History(string id, CancellationToken cancel = default)
    {
        var history = new List<CouchEvent>();
        var pages = Paging.All(
            (long?)null,
            (since, stop) => transport.Ask(
                new Call(HttpMethod.Get, One(id) + "/events") { Query = new Query().Add("since_id", since) },
                AnswerJson.Default.EventPage, stop),
            page => (page.NextCursor is not null, page.NextCursor), cancel);
        await foreach (var page in pages.ConfigureAwait(false))
            history.AddRange(page.Events);
        return history;
    }

    /// <summary>Gives a waiting guest its VM by hand; it is running from then on.</summary>
    /// <remarks>
    /// It is not repeated where an answer was lost: the repetition would be refused, because the guest is running then.
    /// </remarks>
    /// <param name="vmId">The VM's id at its provider: 1 to 512 characters.</param>
    /// <param name="agentEndpoint">Where the guest's agent is reached: 1 to 512 characters.</param>
    /// <exception cref="CouchValidationException">It is not provisioning.</exception>
    public Task<Guest> Activate(string id, string vmId, string agentEndpoint, CancellationToken cancel = default) => transport.Ask(
        new Call(HttpMethod.Post, One(id) + "/activate") { Repeats = Repeats.IfNothingWasDone }
            .With(new(vmId, agentEndpoint), RequestJson.Default.ActivateBody),
        AnswerJson.Default.Guest, cancel);

    /// <summary>Reports what a guest has used. A report that takes it over a limit may end its stay.</summary>
    public Task<RecordedUsage> ReportUsage(string id, UsageReport usage, CancellationToken cancel = default) => transport.Ask(
        Call.Put(One(id) + "/usage").With(usage, RequestJson.Default.UsageReport), AnswerJson.Default.RecordedUsage, cancel);

    /// <summary>Gives a guest more time.</summary>
    /// <remarks>
    /// It is not repeated where an answer was lost: the hours would be given twice. <see cref="Get"/> shows whether they were given.
    /// </remarks>
    /// <param name="hours">More than 0; the whole stay is at most 720 hours.</param>
    /// <exception cref="CouchValidationException">It has ended, or would stay too long.</exception>
    public Task<Guest> Extend(string id, double hours, CancellationToken cancel = default) => transport.Ask(
        new Call(HttpMethod.Post, One(id) + "/extend") { Repeats = Repeats.IfNothingWasDone }
            .With(new(hours), RequestJson.Default.ExtendBody),
        AnswerJson.Default.Guest, cancel);

    /// <summary>Ends a guest's stay at once: the kill switch. Its VM is destroyed afterwards.</summary>
    /// <param name="idempotencyKey">
    /// 1 to 255 visible ASCII characters. For 24 hours the same key gives the same answer. Default: a fresh one, so that a repetition is
    /// not told that the guest has ended already.
    /// </param>
    /// <exception cref="CouchNotFoundException">There is none with this id.</exception>
    /// <exception cref="CouchValidationException">It has ended already.</exception>
    public Task<KilledGuest> Kill(string id, string? idempotencyKey = null, CancellationToken cancel = default) => transport.Ask(
        new Call(HttpMethod.Delete, One(id)) { IdempotencyKey = IdempotencyKeys.Checked(idempotencyKey) },
        AnswerJson.Default.KilledGuest, cancel);

    /// <summary>
    /// Kills many guests. The order is durable; where its answer was lost, it is repeated, and what it has killed already counts as ended.
    /// </summary>
    public Task<KilledGuests> Kill(Selection selection, CancellationToken cancel = default) =>
        transport.Ask(Call.Post($"{Path}/kill").With(selection, RequestJson.Default.Selection), AnswerJson.Default.KilledGuests, cancel);

    /// <summary>
    /// Kills many guests and tells how far it is: each answer counts from the beginning, and the last is the result. A connection that is
    /// lost ends it with an exception; asking again is safe.
    /// </summary>
    public IAsyncEnumerable<KilledGuests> KillStepwise(Selection selection, CancellationToken cancel = default) => Progress.Of(
        transport, new Call(HttpMethod.Post, $"{Path}/kill") { Accept = Progress.MediaType }.With(selection, RequestJson.Default.Selection),
        AnswerJson.Default.KilledGuests, cancel);

    private static string One(string id) => $"{Path}/{Ids.Checked(id)}";
}
