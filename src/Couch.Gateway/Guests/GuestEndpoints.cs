using Couch.Cluster.Guests;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Gateway.Access;
using Couch.Gateway.Requests;
using Couch.Gateway.OpenApi;
using Couch.Gateway.Problems;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Couch.Gateway.Guests;

/// <summary>A host watches its guests, meters them, gives them a VM or more time, and can end any stay at once.</summary>
public static class GuestEndpoints
{
    /// <summary>Maps <c>/couch/guests</c> for scope guests; scope meter may read one guest too, and only it reports usage.</summary>
    public static void MapGuests(this IEndpointRouteBuilder app)
    {
        var guests = app.MapHostGroup("/couch/guests", "Guests", KeyScope.Guests);
        guests.MapGet("", List).Refuses(400);
        guests.MapGet("{id}", Get).OpensTo(KeyScope.Guests, KeyScope.Meter).Refuses(404);
        guests.MapGet("{id}/status", GetStatus).OpensTo(KeyScope.Guests, KeyScope.Meter).Refuses(404);
        guests.MapDelete("{id}", Kill).Refuses(400, 404, 413, 415).WithMetadata(Described.IdempotencyKey);
        guests.MapPost("{id}/activate", Activate).Refuses(400, 404, 413, 415);
        guests.MapPut("{id}/usage", Report).OpensTo(KeyScope.Meter).Refuses(400, 404, 413, 415);
        guests.MapPost("{id}/extend", Extend).Refuses(400, 404, 413, 415);
    }

    /// <summary>Lists guests, newest first.</summary>
    public static async Task<Results<Ok<GuestList>, Refusal>> List(
        [AsParameters] GuestPaging paging, Listings listings, TimeProvider clock, CancellationToken cancel)
    {
        var fields = new Fields();
        var status = paging.ReadStatus<GuestStatus>(fields);
        var filter = paging.ReadFilter(fields);
        var (limit, cursor) = paging.Read<GuestId>(fields);
        if (fields.Refusal is { } refusal)
            return refusal;

        var page = await listings.Guests(status, limit, cursor, clock.Now(), cancel, filter);
        return TypedResults.Ok(new GuestList
        {
            Guests = [.. page.Rows.Select(GuestView.Of)],
            Count = page.Rows.Count,
            NextCursor = page.NextCursor,
            Unreadable = page.Unreadable,
        });
    }

    /// <summary>Shows a guest.</summary>
    /// <param name="id">The guest's id.</param>
    public static async Task<Results<Ok<GuestView>, Refusal>> Get(string id, Arrivals arrivals, CancellationToken cancel) =>
        GuestId.TryParse(id, out var guestId) && await arrivals.Find(guestId, cancel) is { } guest
            ? TypedResults.Ok(GuestView.Of(guest))
            : Refusals.GuestNotFound;

    /// <summary>Shows what a guest has used, and which limits it is above.</summary>
    /// <param name="id">The guest's id.</param>
    public static async Task<Results<Ok<GuestStatusView>, Refusal>> GetStatus(string id, Arrivals arrivals, CancellationToken cancel) =>
        GuestId.TryParse(id, out var guestId) && await arrivals.Find(guestId, cancel) is { } guest
            ? TypedResults.Ok(GuestStatusView.Of(guest))
            : Refusals.GuestNotFound;

    /// <summary>Ends a guest's stay at once: the kill switch.</summary>
    /// <remarks>
    /// With an Idempotency-Key, the same key gives the same answer for 24 hours; a second kill without it is refused, because the
    /// guest has ended.
    /// </remarks>
    /// <param name="id">The guest's id.</param>
    public static async Task<Results<Ok<KilledView>, Refusal>> Kill(
        string id, HttpContext context, Arrivals arrivals, CancellationToken cancel)
    {
        var fields = new Fields();
        var key = fields.HostIdempotency(context);
        if (fields.Refusal is { } refusal)
            return refusal;
        if (!GuestId.TryParse(id, out var guestId))
            return Refusals.GuestNotFound;

        var by = HostCaller.Of(context).Actor;
        return await arrivals.Ask(guestId, guest => guest.Kill(by, key), outcome => outcome is EndOutcome.Unknown, cancel) switch
        {
            EndOutcome.Ended ended => TypedResults.Ok(KilledView.Of(ended.Guest)),
            EndOutcome.AlreadyEnded already => Refusals.AlreadyEnded(already.Guest.Status),
            EndOutcome.EndedUnreadable ended => TypedResults.Ok(KilledView.Of(ended)),
            EndOutcome.AlreadyEndedUnreadable already => Refusals.AlreadyEnded(already.Status),
            _ => Refusals.GuestNotFound,
        };
    }

    /// <summary>Gives a waiting guest its VM by hand; it is running from then on.</summary>
    /// <param name="id">The guest's id.</param>
    public static async Task<Results<Ok<GuestView>, Refusal>> Activate(
        string id, ActivateBody body, HttpContext context, Arrivals arrivals, CancellationToken cancel)
    {
        var fields = new Fields();
        var (vmId, agentEndpoint) = body.Read(fields);
        if (fields.Refusal is { } refusal)
            return refusal;
        if (!GuestId.TryParse(id, out var guestId))
            return Refusals.GuestNotFound;

        var by = HostCaller.Of(context).Actor;
        return await arrivals.Ask(
            guestId, guest => guest.Activate(vmId, agentEndpoint, by), outcome => outcome is ActivateOutcome.Unknown, cancel) switch
        {
            ActivateOutcome.Activated activated => TypedResults.Ok(GuestView.Of(activated.Guest)),
            ActivateOutcome.NotProvisioning not => Refusals.CannotActivate(not.Status),
            _ => Refusals.GuestNotFound,
        };
    }

    /// <summary>Reports what a guest has used.</summary>
    /// <remarks>
    /// A report that takes a guest over a limit ends its stay, unless its invite has the enforcement <c>report</c>: so a key of
    /// scope meter can end a guest. <c>endedWith</c> names the key.
    /// </remarks>
    /// <param name="id">The guest's id.</param>
    public static async Task<Results<Ok<UsageView>, Refusal>> Report(
        string id, UsageBody body, HttpContext context, Arrivals arrivals, CancellationToken cancel)
    {
        var fields = new Fields();
        var report = body.Read(fields);
        if (fields.Refusal is { } refusal)
            return refusal;
        if (!GuestId.TryParse(id, out var guestId))
            return Refusals.GuestNotFound;

        var by = HostCaller.Of(context).Actor;
        return await arrivals.Ask(guestId, guest => guest.Report(report, by), outcome => outcome is UsageOutcome.Unknown, cancel) switch
        {
            UsageOutcome.Recorded recorded => TypedResults.Ok(UsageView.Of(recorded.Guest)),
            _ => Refusals.GuestNotFound,
        };
    }

    /// <summary>Gives a guest more time.</summary>
    /// <param name="id">The guest's id.</param>
    public static async Task<Results<Ok<GuestView>, Refusal>> Extend(
        string id, ExtendBody body, HttpContext context, Arrivals arrivals, CancellationToken cancel)
    {
        var fields = new Fields();
        var hours = body.Read(fields);
        if (fields.Refusal is { } refusal)
            return refusal;
        if (!GuestId.TryParse(id, out var guestId))
            return Refusals.GuestNotFound;

        var by = HostCaller.Of(context).Actor;
        return await arrivals.Ask(guestId, guest => guest.Extend(hours, by), outcome => outcome is ExtendOutcome.Unknown, cancel) switch
        {
            ExtendOutcome.Extended extended => TypedResults.Ok(GuestView.Of(extended.Guest)),
            ExtendOutcome.AlreadyEnded already => Refusals.AlreadyEnded(already.Status),
            ExtendOutcome.TooLong => Refusals.StayTooLong,
            _ => Refusals.GuestNotFound,
        };
    }
}
