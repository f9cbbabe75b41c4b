using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Couch.Cluster;
using Couch.Cluster.Invites;
using Couch.Cluster.Storage;
using Couch.Domain.Capabilities;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Gateway.Access;
using Couch.Gateway.Requests;
using Couch.Gateway.OpenApi;
using Couch.Gateway.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Couch.Gateway.Invites;

/// <summary>A host makes, shows, lists and takes back invites.</summary>
public static class InviteEndpoints
{
    /// <summary>Maps <c>/couch/invites</c>, for host keys of scope invites.</summary>
    public static void MapInvites(this IEndpointRouteBuilder app)
    {
        var invites = app.MapHostGroup("/couch/invites", "Invites", KeyScope.Invites);
        invites.MapPost("", Create).Refuses(400, 409, 413, 415).WithMetadata(Described.IdempotencyKey);
        invites.MapGet("", List).Refuses(400);
        invites.MapGet("{id}", Get).Refuses(404);
        invites.MapDelete("{id}", Revoke).Refuses(400, 404, 413, 415).WithMetadata(Described.IdempotencyKey);
    }

    /// <summary>Makes an invite.</summary>
    /// <remarks>With an Idempotency-Key, the same key and body give the same invite for 24 hours.</remarks>
    public static async Task<Results<Created<InviteView>, Refusal>> Create(
        CreateInviteBody body, HttpRequest request, IGrainFactory grains, InviteIdempotency inviteKeys, [FromServices] SigningKeys keys,
        TimeProvider clock, RandomNumberGenerator random, CancellationToken cancel)
    {
        var now = clock.Now();
        var fields = new Fields();
        var key = fields.IdempotencyKey(request);
        var caller = HostCaller.Of(request.HttpContext).Actor;
        var command = body.Read(fields, InviteId.New(now, random)) with { By = caller };
        if (fields.Refusal is { } refusal)
            return refusal;

        if (key is null)
            return Created(await grains.Invite(command.Id).Create(command), keys);

        // The key's row names the invite before there is one: a repetition creates the same.
        var under = Idempotency.Of(caller, "invites", key, Understood(command));
        var claim = await inviteKeys.Claim(under, command.Id, now, cancel);
        if (claim.InviteId is not { } id)
            return Refusals.KeyReused;
        // Mostly it is there then: asked first, because a row that is refused is logged as an error.
        var invite = id == command.Id ? null : await grains.Invite(id).Get();
        // Where no invite came of the key, it may come with another body; of two that come at once, one is written, and the other is told.
        invite ??= await grains.Invite(id).Create(command with { Id = id, Under = under, OpenFrom = now });
        var isOfThisBody = invite.CreatedUnder is { } made ? made == under : claim.IsOfThisBody;
        return isOfThisBody ? Created(invite, keys) : Refusals.KeyReused;
    }

    private static Created<InviteView> Created(Invite invite, SigningKeys keys) =>
        TypedResults.Created($"/couch/invites/{invite.Id}", InviteView.Of(invite.AsCreated(), keys));

    /// <summary>Lists invites, newest first.</summary>
    public static async Task<Results<Ok<InviteList>, Refusal>> List(
        [AsParameters] StatusPaging paging, Listings listings, [FromServices] SigningKeys keys, TimeProvider clock,
        CancellationToken cancel)
    {
        var fields = new Fields();
        var status = paging.ReadStatus<InviteStatus>(fields);
        var filter = paging.ReadFilter(fields);
        var (limit, cursor) = paging.Read<InviteId>(fields);
        if (fields.Refusal is { } refusal)
            return refusal;

        var page = await listings.Invites(status, limit, cursor, clock.Now(), cancel, filter);
        return TypedResults.Ok(new InviteList
        {
            Invites = [.. page.Rows.Select(invite => InviteView.Of(invite, keys))],
            Count = page.Rows.Count,
            NextCursor = page.NextCursor,
            Unreadable = page.Unreadable,
        });
    }

    /// <summary>Shows an invite.</summary>
    /// <param name="id">The invite's id.</param>
    public static async Task<Results<Ok<InviteView>, Refusal>> Get(string id, IGrainFactory grains, [FromServices] SigningKeys keys) =>
        InviteId.TryParse(id, out var inviteId) && await grains.Invite(inviteId).Get() is { } invite
            ? TypedResults.Ok(InviteView.Of(invite, keys))
            : Refusals.InviteNotFound;

    /// <summary>Revokes an invite that has not been redeemed.</summary>
    /// <remarks>With an Idempotency-Key, the same key gives the same answer for 24 hours.</remarks>
    /// <param name="id">The invite's id.</param>
    public static async Task<Results<Ok<InviteView>, Refusal>> Revoke(
        string id, HttpContext context, IGrainFactory grains, [FromServices] SigningKeys keys)
    {
        var fields = new Fields();
        var key = fields.HostIdempotency(context);
        if (fields.Refusal is { } refusal)
            return refusal;
        if (!InviteId.TryParse(id, out var inviteId))
            return Refusals.InviteNotFound;

        return await grains.Invite(inviteId).Revoke(HostCaller.Of(context).Actor, key) switch
        {
            RevokeOutcome.Revoked revoked => TypedResults.Ok(InviteView.Of(revoked.Invite, keys)),
            RevokeOutcome.NotActive not => Refusals.CannotRevoke(not.Status),
            _ => Refusals.InviteNotFound,
        };
    }

    /// <summary>What makes one body the same as another: what was understood of it, defaults filled in.</summary>
    private static string[] Understood(CreateInvite command) =>
    [
        command.CreatedBy, command.Label,
        JsonSerializer.Serialize(command.ResourceLimits, CouchJson.Stored), JsonSerializer.Serialize(command.Permissions, CouchJson.Stored),
        command.Enforcement.Word(), command.ExpiresInHours.ToString("R", CultureInfo.InvariantCulture),
    ];
}
