using System.Security.Cryptography;
using Couch.Cluster;
using Couch.Cluster.Keys;
using Couch.Cluster.Storage;
using Couch.Domain.Capabilities;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Gateway.Access;
using Couch.Gateway.Requests;
using Couch.Gateway.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Couch.Gateway.Keys;

/// <summary>A host makes keys for less than everything, and takes them back.</summary>
public static class KeyEndpoints
{
    /// <summary>Maps <c>/couch/keys</c>, for host keys of scope keys.</summary>
    public static void MapKeys(this IEndpointRouteBuilder app)
    {
        var keys = app.MapHostGroup("/couch/keys", "Keys", KeyScope.Keys);
        keys.MapPost("", Create).Refuses(400, 413, 415);
        keys.MapGet("", List).Refuses(400);
        keys.MapGet("{id}", Get).Refuses(404);
        keys.MapDelete("{id}", Revoke).Refuses(400, 404, 413, 415);
    }

    /// <summary>Makes a host key. Its text is shown in this answer and nowhere else.</summary>
    /// <remarks>
    /// A key can give only scopes and time that it has itself. If the answer is lost, revoke the key that the list shows, and make
    /// another.
    /// </remarks>
    public static async Task<Results<Created<CreatedKeyView>, Refusal>> Create(
        CreateKeyBody body, HttpContext context, IGrainFactory grains, [FromServices] SigningKeys signing, TimeProvider clock,
        RandomNumberGenerator random)
    {
        var fields = new Fields();
        var (name, scopes, hours) = body.Read(fields);
        if (fields.Refusal is { } refusal)
            return refusal;

        var caller = HostCaller.Of(context);
        var id = HostKeyId.New(clock.Now(), random);
        switch (caller.Authority.Grant(scopes, hours, id.CreatedAt))
        {
            case GrantOutcome.LacksScopes(var lacking):
                return Refusals.CannotGrant(lacking);
            case GrantOutcome.OutlivesHolder(var end):
                return Refusals.CannotOutlive(end);
            case GrantOutcome.Granted(var expiresAt):
                var key = await grains.HostKey(id).Create(
                    new() { Id = id, Name = name, Scopes = scopes, CreatedWith = caller.Actor, ExpiresAt = expiresAt });
                return TypedResults.Created($"/couch/keys/{key.Id}", CreatedKeyView.Of(key, signing));
            default:
                throw new NotSupportedException();
        }
    }

    /// <summary>Lists host keys, newest first, including revoked and expired ones.</summary>
    public static async Task<Results<Ok<HostKeyList>, Refusal>> List(
        [AsParameters] Paging paging, Listings listings, CancellationToken cancel)
    {
        var fields = new Fields();
        var (limit, cursor) = paging.Read<HostKeyId>(fields);
        if (fields.Refusal is { } refusal)
            return refusal;

        var page = await listings.HostKeys(limit, cursor, cancel);
        return TypedResults.Ok(new HostKeyList
        {
            Keys = [.. page.Rows.Select(HostKeyView.Of)],
            Count = page.Rows.Count,
            NextCursor = page.NextCursor,
            Unreadable = page.Unreadable,
        });
    }

    /// <summary>Shows a host key.</summary>
    /// <param name="id">The key's id.</param>
    public static async Task<Results<Ok<HostKeyView>, Refusal>> Get(string id, HostKeys keys, CancellationToken cancel) =>
        HostKeyId.TryParse(id, out var keyId) && await keys.Find(keyId, cancel) is { } key
            ? TypedResults.Ok(HostKeyView.Of(key))
            : Refusals.KeyNotFound;

    /// <summary>
    /// Revokes a host key: at once, on every node, for good. The call is idempotent, and a key may revoke itself.
    /// </summary>
    /// <remarks>A key cannot revoke a key that has a scope which it lacks itself.</remarks>
    /// <param name="id">The key's id.</param>
    public static async Task<Results<Ok<HostKeyView>, Refusal>> Revoke(
        string id, HttpContext context, HostKeys keys, IGrainFactory grains, CancellationToken cancel)
    {
        // A key's scopes never change, so what is read here holds when its grain is asked.
        if (!HostKeyId.TryParse(id, out var keyId) || await keys.Find(keyId, cancel) is not { } key)
            return Refusals.KeyNotFound;
        var caller = HostCaller.Of(context);
        if (caller.Authority.LackedToRevoke(key) is [_, ..] lacking)
            return Refusals.CannotRevokeKey(lacking);

        return await grains.HostKey(keyId).Revoke(caller.Actor) is { } revoked
            ? TypedResults.Ok(HostKeyView.Of(revoked))
            : Refusals.KeyNotFound;
    }
}
