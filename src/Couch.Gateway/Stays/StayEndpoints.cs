using Couch.Cluster;
using Couch.Domain.Capabilities;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Gateway.Access;
using Couch.Gateway.Requests;
using Couch.Gateway.Caching;
using Couch.Gateway.OpenApi;
using Couch.Gateway.Problems;
using Couch.Gateway.Secrecy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Couch.Gateway.Stays;

/// <summary>
/// What a guest does for itself, by the code or the token that it holds. These are verified here, before any grain is
/// asked, and go no further.
/// </summary>
public static class StayEndpoints
{
    /// <summary>Registers <see cref="StayAnswers"/>, one in a process.</summary>
    public static void AddStays(this IServiceCollection services) => services.AddSingleton<StayAnswers>();

    /// <summary>Maps redeem, invites/preview, status and checkout under <c>/couch</c>, under the limits that are switched on.</summary>
    public static void MapStays(this IEndpointRouteBuilder app)
    {
        var stays = app.MapGroup("/couch").WithTags("Stays").AcceptsAfterAccess().Refuses(400, 429, 500, 503);
        stays.MapGroup("").LimitTo(app, RateLimits.Redeem).MapPost("redeem", Redeem)
            .Refuses(404, 409, 413, 415).WithMetadata(Described.IdempotencyKey);

        var asked = stays.MapGroup("").LimitTo(app, RateLimits.Status);
        asked.MapGet("invites/preview", PreviewByQuery).Refuses(404).WithMetadata(Described.Code);
        asked.MapPost("invites/preview", Preview).Refuses(404, 413, 415);
        asked.MapGet("status", GetStatus).Refuses(404, typeof(EndedProblem)).WithMetadata(
            Described.Token, Described.IfNoneMatch, new TakesGuestBearer());
        asked.MapPost("checkout", CheckOut).Refuses(404, typeof(EndedProblem)).Refuses(413, 415).WithMetadata(new TakesGuestBearer());
    }

    /// <summary>Redeems an invite, which admits its one guest.</summary>
    /// <remarks>With an Idempotency-Key, the same key and body give the same answer for 24 hours, the token included.</remarks>
    public static async Task<Results<Created<RedeemedView>, Refusal>> Redeem(
        RedeemBody body, HttpRequest request, [FromServices] SigningKeys keys, IGrainFactory grains)
    {
        var fields = new Fields();
        var (code, command) = body.Read(fields, fields.IdempotencyKey(request));
        if (fields.Refusal is { } refusal)
            return refusal;
        if (!keys.TryVerifyCode(code, out var inviteId))
            return Refusals.InviteNotFound;

        return await grains.Invite(inviteId).Redeem(command) switch
        {
            RedeemOutcome.Redeemed redeemed => TypedResults.Created((string?)null, RedeemedView.Of(redeemed.Invite, keys)),
            RedeemOutcome.NotActive not => Refusals.CannotRedeem(not.Status),
            RedeemOutcome.KeyReused => Refusals.KeyReused,
            _ => Refusals.InviteNotFound,
        };
    }

    /// <summary>Shows what an invite offers, without spending its code.</summary>
    /// <remarks>The code is in the body, and so in no URL that anything on the way could log.</remarks>
    public static async Task<Results<Ok<PreviewView>, Refusal>> Preview(
        PreviewBody body, [FromServices] SigningKeys keys, IGrainFactory grains)
    {
        var fields = new Fields();
        var code = body.Read(fields);
        return fields.Refusal is { } refusal ? refusal : await PreviewOf(code, keys, grains);
    }

    /// <summary>Shows what an invite offers, without spending its code. Prefer POST: a URL is logged on its way.</summary>
    public static async Task<Results<Ok<PreviewView>, Refusal>> PreviewByQuery(
        HttpContext context, [FromServices] SigningKeys keys, IGrainFactory grains)
    {
        var fields = new Fields();
        var code = fields.Capability(context, QueryCapabilities.Code);
        if (code is null)
            fields.Wrong("code is required");
        return fields.Refusal is { } refusal ? refusal : await PreviewOf(code!, keys, grains);
    }

    /// <summary>What every way to a preview answers to a code, whether it is genuine or not.</summary>
    private static async Task<Results<Ok<PreviewView>, Refusal>> PreviewOf(string code, SigningKeys keys, IGrainFactory grains) =>
        keys.TryVerifyCode(code, out var inviteId) && await grains.Invite(inviteId).Get() is { } invite
            ? TypedResults.Ok(PreviewView.Of(invite))
            : Refusals.InviteNotFound;

    /// <summary>Shows a guest its own stay, at once or as soon as it changes.</summary>
    /// <remarks>
    /// With wait, the answer is held while the guest is provisioning; any other status is answered at once. Every answer has an
    /// ETag of the status and the endpoint. With If-None-Match, the answer is held, whatever the status, until its ETag differs
    /// from the one sent; if it still does not differ in the end, the answer is 304. A stay that has ended is answered at once.
    /// </remarks>
    public static async Task<Results<StayAnswer, NotModified, Refusal>> GetStatus(
        [AsParameters] Waiting waiting, HttpContext context, [FromServices] SigningKeys keys, IGrainFactory grains,
        [FromServices] StayAnswers answers, TimeProvider clock, IHostApplicationLifetime lifetime)
    {
        var fields = new Fields();
        var wait = waiting.Read(fields);
        var token = fields.Capability(context, QueryCapabilities.Token) ?? GuestBearer(context);
        if (token is null)
            fields.Wrong("token is required");
        if (fields.Refusal is { } refusal)
            return refusal;

        if (!keys.TryVerifyToken(token!, out var guestId))
            return Refusals.InvalidToken;

        var known = EntityTags.Of(context.Request);
        return await Waiting.For(grains.Guest(guestId), wait, known, answers, clock, lifetime, context) switch
        {
            null => Refusals.InvalidToken,
            { IsStaying: true } guest => Tell(answers.Of(guest), known),
            var ended => Refusals.Ended(ended),
        };
    }

    private static Results<StayAnswer, NotModified, Refusal> Tell(StayAnswer answer, EntityTags? known) =>
        known is not null && known.Have(answer.Tag) ? answer.Unchanged : answer;

    /// <summary>Ends a guest's stay at its own request.</summary>
    public static async Task<Results<Ok<CheckedOutView>, Refusal>> CheckOut(
        CheckOutBody? body, HttpContext context, [FromServices] SigningKeys keys, IGrainFactory grains)
    {
        var fields = new Fields();
        var token = body?.Read(fields) ?? GuestBearer(context);
        if (token is null)
            fields.Wrong("token is required");
        if (fields.Refusal is { } refusal)
            return refusal;
        if (!keys.TryVerifyToken(token!, out var guestId))
            return Refusals.InvalidToken;

        return await grains.Guest(guestId).CheckOut() switch
        {
            EndOutcome.Ended ended => TypedResults.Ok(CheckedOutView.Of(ended.Guest)),
            EndOutcome.AlreadyEnded already => Refusals.Ended(already.Guest),
            EndOutcome.EndedUnreadable ended => TypedResults.Ok(CheckedOutView.Of(ended)),
            _ => Refusals.InvalidToken,
        };
    }

    /// <summary>A query's code or token, read as in a body; null where it has none, or an empty one.</summary>
    private static string? Capability(this Fields fields, HttpContext context, string name)
    {
        var sent = QueryCapabilities.Of(context, name);
        if (sent.Count > 1)
            fields.Wrong($"{name} must be given once");
        return sent is [var one] ? fields.Optional(name, one, RedeemBody.MostCapability) : null;
    }

    /// <summary>Null for a bearer that does not begin as a guest's token: it is not for this endpoint.</summary>
    private static string? GuestBearer(HttpContext context) =>
        Bearer.Of(context.Request) is { } bearer && bearer.StartsWith(GuestToken.Prefix, StringComparison.Ordinal) ? bearer : null;
}
