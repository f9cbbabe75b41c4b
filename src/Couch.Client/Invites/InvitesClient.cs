using Couch.Client.Http;
using Couch.Client.Json;

namespace Couch.Client;

/// <summary>What a host does with invites. It needs a host key of scope <c>invites</c>.</summary>
public sealed class InvitesClient
{
    private const string Path = "couch/invites";
    private readonly Transport transport;

    internal InvitesClient(Transport transport) => this.transport = transport;

    /// <summary>Makes an invite.</summary>
    /// <param name="idempotencyKey">
    /// 1 to 255 visible ASCII characters. For 24 hours the same key and body give the same invite, to this host key. Default: a fresh one,
    /// so that a lost answer does not cost an invite.
    /// </param>
    public Task<Invite> Create(NewInvite invite, string? idempotencyKey = null, CancellationToken cancel = default) => transport.Ask(
        new Call(HttpMethod.Post, Path) { IdempotencyKey = IdempotencyKeys.Checked(idempotencyKey) }
            .With(invite, RequestJson.Default.NewInvite),
        AnswerJson.Default.Invite, cancel);

    /// <summary>Shows an invite.</summary>
    /// <exception cref="CouchNotFoundException">There is none with this id.</exception>
    public Task<Invite> Get(string id, CancellationToken cancel = default) =>
        transport.Ask(Call.Get($"{Path}/{Ids.Checked(id)}"), AnswerJson.Default.Invite, cancel);

    /// <summary>Lists invites, newest first. Further pages are asked for as they are needed.</summary>
    public IAsyncEnumerable<Invite> List(InviteFilter? filter = null, CancellationToken cancel = default) =>
        Paging.Items(Pages(filter, cancel), page => page.Invites, cancel);

    /// <summary>Lists invites as pages, which also name those that the couch cannot read.</summary>
    public IAsyncEnumerable<InvitePage> Pages(InviteFilter? filter = null, CancellationToken cancel = default) => Paging.All(
        (string?)null,
        (cursor, stop) => transport.Ask(
            new Call(HttpMethod.Get, Path) { Query = (filter ?? new()).Query(cursor) }, AnswerJson.Default.InvitePage, stop),
        page => (page.NextCursor is not null, page.NextCursor), cancel);

    /// <summary>Revokes an invite that has not been redeemed.</summary>
    /// <param name="idempotencyKey">As for <see cref="Create"/>.</param>
    /// <exception cref="CouchNotFoundException">There is none with this id.</exception>
    /// <exception cref="CouchValidationException">It is not active any more.</exception>
    public Task<Invite> Revoke(string id, string? idempotencyKey = null, CancellationToken cancel = default) => transport.Ask(
        new Call(HttpMethod.Delete, $"{Path}/{Ids.Checked(id)}") { IdempotencyKey = IdempotencyKeys.Checked(idempotencyKey) },
        AnswerJson.Default.Invite, cancel);

    /// <summary>
    /// Revokes many invites. The order is durable; where its answer was lost, it is repeated, and what it has revoked already counts as
    /// ended.
    /// </summary>
    public Task<RevokedInvites> Revoke(Selection selection, CancellationToken cancel = default) => transport.Ask(
        Call.Post($"{Path}/revoke").With(selection, RequestJson.Default.Selection), AnswerJson.Default.RevokedInvites, cancel);

    /// <summary>
    /// Revokes many invites and tells how far it is: each answer counts from the beginning, and the last is the result. A connection that
    /// is lost ends it with an exception; asking again is safe.
    /// </summary>
    public IAsyncEnumerable<RevokedInvites> RevokeStepwise(Selection selection, CancellationToken cancel = default) => Progress.Of(
        transport, new Call(HttpMethod.Post, $"{Path}/revoke") { Accept = Progress.MediaType }
            .With(selection, RequestJson.Default.Selection),
        AnswerJson.Default.RevokedInvites, cancel);
}
