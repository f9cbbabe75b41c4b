using System.Security.Cryptography;
using Couch.Cluster.Bulk;
using Couch.Domain.Bulk;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Gateway.Access;
using Couch.Gateway.Problems;
using Couch.Gateway.Requests;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Couch.Gateway.Bulk;

/// <summary>A host kills many guests, or revokes many invites, with one request.</summary>
public static class BulkEndpoints
{
    /// <summary>Maps <c>/couch/guests/kill</c> for scope guests, and <c>/couch/invites/revoke</c> for scope invites.</summary>
    public static void MapBulk(this IEndpointRouteBuilder app)
    {
        app.MapHostGroup("/couch/guests/kill", "Guests", KeyScope.Guests).MapPost("", Kill)
            .Refuses(400, 413, 415).WithMetadata(BulkProgress.Describes<KilledManyView>());
        app.MapHostGroup("/couch/invites/revoke", "Invites", KeyScope.Invites).MapPost("", Revoke)
            .Refuses(400, 413, 415).WithMetadata(BulkProgress.Describes<RevokedManyView>());
    }

    /// <summary>Kills many guests: those that are named, or all.</summary>
    /// <remarks>
    /// The order is stored before it is begun, and is carried out whatever crashes; a caller that was not answered may ask again. Of all,
    /// those are killed that are there when it is given, and it may kill ones that arrive while it is carried out. With
    /// <c>Accept: application/x-ndjson</c> the answer is one line after each thousand, of the same shape; the last is the result.
    /// </remarks>
    public static Task<Results<Ok<KilledManyView>, BulkProgress, Refusal>> Kill(
        BulkBody body, HttpContext context, IGrainFactory grains, BulkRows rows, TimeProvider clock, RandomNumberGenerator random,
        IHostApplicationLifetime lifetime, CancellationToken cancel) =>
        Run<GuestId, KilledManyView>(
            BulkAction.KillGuests, KilledManyView.Of, body, context, new(grains, rows, clock, random, lifetime), cancel);

    /// <summary>Revokes many invites: those that are named, or all that are active.</summary>
    /// <inheritdoc cref="Kill" path="/remarks"/>
    public static Task<Results<Ok<RevokedManyView>, BulkProgress, Refusal>> Revoke(
        BulkBody body, HttpContext context, IGrainFactory grains, BulkRows rows, TimeProvider clock, RandomNumberGenerator random,
        IHostApplicationLifetime lifetime, CancellationToken cancel) =>
        Run<InviteId, RevokedManyView>(
            BulkAction.RevokeInvites, RevokedManyView.Of, body, context, new(grains, rows, clock, random, lifetime), cancel);

    private static async Task<Results<Ok<TView>, BulkProgress, Refusal>> Run<TId, TView>(
        BulkAction action, Func<BulkOutcome, TView> view, BulkBody body, HttpContext context, BulkOrders orders, CancellationToken cancel)
        where TId : struct, ICouchId<TId>
        where TView : class
    {
        var fields = new Fields();
        var (scope, noIds) = body.Read<TId>(fields);
        if (fields.Refusal is { } refusal)
            return refusal;

        if (body.DryRun is true || scope.Ids is "")
            return TypedResults.Ok(view(await orders.Preview(action, scope, noIds, cancel)));

        var given = await orders.Give(action, scope, HostCaller.Of(context).Actor);
        if (BulkProgress.IsWanted(context.Request))
            return new BulkProgress(given, orders.Follow(given, cancel), order => view(BulkOutcome.Of(order, noIds)));

        await foreach (var order in orders.Follow(given, cancel))
        {
            if (order.IsFinished)
                return TypedResults.Ok(view(BulkOutcome.Of(order, noIds)));
        }

        return Refusals.OrderGoesOn;
    }
}
