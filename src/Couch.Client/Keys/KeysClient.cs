using Couch.Client.Http;
using Couch.Client.Json;

namespace Couch.Client;

/// <summary>What a host does with host keys. It needs a host key of scope <c>keys</c>.</summary>
public sealed class KeysClient
{
    private const string Path = "couch/keys";
    private readonly Transport transport;

    internal KeysClient(Transport transport) => this.transport = transport;

    /// <summary>Makes a host key. Its text is in this answer and nowhere else.</summary>
    /// <remarks>
    /// It is not repeated where an answer was lost, because the protocol has no idempotency key for it: revoke the key that the list shows
    /// then, and make another.
    /// </remarks>
    /// <exception cref="CouchForbiddenException">The key that is to make it lacks a scope, or ends earlier.</exception>
    public Task<CreatedHostKey> Create(NewHostKey key, CancellationToken cancel = default) => transport.Ask(
        new Call(HttpMethod.Post, Path) { Repeats = Repeats.IfNothingWasDone }.With(key, RequestJson.Default.NewHostKey),
        AnswerJson.Default.CreatedHostKey, cancel);

    /// <summary>Lists host keys, newest first, including revoked and expired ones.</summary>
    /// <param name="pageSize">How many are asked for at a time: 1 to 1000. Default: the couch's, 100.</param>
    public IAsyncEnumerable<HostKey> List(int? pageSize = null, CancellationToken cancel = default) =>
        Paging.Items(Pages(pageSize, cancel), page => page.Keys, cancel);

    /// <summary>Lists host keys as pages, which also name those that the couch cannot read.</summary>
    /// <param name="pageSize">How many are asked for at a time: 1 to 1000. Default: the couch's, 100.</param>
    public IAsyncEnumerable<HostKeyPage> Pages(int? pageSize = null, CancellationToken cancel = default) => Paging.All(
        (string?)null,
        (cursor, stop) => transport.Ask(
            new Call(HttpMethod.Get, Path) { Query = new Query().Add("limit", pageSize).Add("cursor", cursor) },
            AnswerJson.Default.HostKeyPage, stop),
        page => (page.NextCursor is not null, page.NextCursor), cancel);

    /// <summary>Shows a host key.</summary>
    /// <exception cref="CouchNotFoundException">There is none with this id.</exception>
    public Task<HostKey> Get(string id, CancellationToken cancel = default) =>
        transport.Ask(Call.Get($"{Path}/{Ids.Checked(id)}"), AnswerJson.Default.HostKey, cancel);

    /// <summary>Revokes a host key: at once, on every node, for good. Revoking it again changes nothing.</summary>
    /// <exception cref="CouchNotFoundException">There is none with this id.</exception>
    /// <exception cref="CouchForbiddenException">It has a scope which the key that is to revoke it lacks.</exception>
    public Task<HostKey> Revoke(string id, CancellationToken cancel = default) =>
        transport.Ask(Call.Delete($"{Path}/{Ids.Checked(id)}"), AnswerJson.Default.HostKey, cancel);
}
