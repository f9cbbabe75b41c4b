using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Gateway.Access;
using Couch.Gateway.Problems;
using Couch.Gateway.Requests;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Couch.Gateway.Console;

/// <summary>A person signs in to the console, sees by which key, and signs out.</summary>
public static class ConsoleEndpoints
{
    /// <summary>Registers sessions and pages, one of each in a process.</summary>
    public static void AddConsole(this IServiceCollection services) =>
        services.AddSingleton<ConsoleSessions>().AddSingleton<ConsolePages>();

    /// <summary>Maps <c>/couch/console</c>: signing in and out for all, what a session says for host keys of any scope.</summary>
    public static void MapConsole(this IEndpointRouteBuilder app)
    {
        var hosts = app.MapHostGroup("/couch/console", "Console", Enum.GetValues<KeyScope>());
        hosts.MapGet("session", GetSession);
        hosts.MapPost("tickets", MakeTicket).Refuses(400, 413, 415);

        var all = app.MapGroup("/couch/console").WithTags("Console").AcceptsAfterAccess().LimitTo(app, RateLimits.Status);
        all.MapPost("sign-in", SignIn).Refuses(400, 401, 403, 413, 415, 429, 500, 503);
        all.MapPost("sign-out", SignOut).Refuses(400, 403, 413, 415, 429, 500, 503);
    }

    /// <summary>Opens a session: the answer sets the console's cookie, for 24 hours at most.</summary>
    /// <remarks>
    /// The session is worth what its host key is worth at each request. A request by the cookie that is not a GET carries
    /// <c>Couch-Console: 1</c>, as this one does.
    /// </remarks>
    public static async Task<Results<Ok<SessionView>, Refusal>> SignIn(
        SignInBody body, HttpContext context, TimeProvider clock)
    {
        var fields = new Fields();
        body.Check(fields);
        if (fields.Refusal is { } refusal)
            return refusal;
        // Otherwise another site's page could sign its visitor in, with a key of its own.
        if (!ConsoleSessions.IsOwn(context.Request))
            return Refusals.NotFromTheConsole;

        var sessions = Sessions(context);
        var isTicket = string.IsNullOrEmpty(body.Key);
        var caller = isTicket ? await sessions.Redeem(body.Ticket!, context) : await sessions.Recognize(body.Key!, context);
        if (caller is null)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return isTicket ? Refusals.SpentTicket : Refusals.WrongHostKey;
        }

        var (session, pass) = sessions.Open(caller);
        ConsoleCookie.Keep(context, session.Reveal(), pass.ExpiresAt - clock.Now());
        return TypedResults.Ok(SessionView.Of(caller, pass));
    }

    /// <summary>Ends the session of this browser: the answer removes its cookie.</summary>
    /// <remarks>
    /// A session is not stored, so a copy of the cookie would stay good until its end. Revoke the host key to end all of its sessions.
    /// </remarks>
    public static Results<NoContent, Refusal> SignOut(HttpContext context)
    {
        if (!ConsoleSessions.IsOwn(context.Request))
            return Refusals.NotFromTheConsole;
        ConsoleCookie.Forget(context);
        return TypedResults.NoContent();
    }

    /// <summary>Shows by which host key the caller is let in, and what the key may do.</summary>
    public static Ok<SessionView> GetSession(HttpContext context) =>
        TypedResults.Ok(SessionView.Of(HostCaller.Of(context), ConsoleSessions.Of(context)));

    /// <summary>Makes a sign-in link, which opens one session of the key that asks, within five minutes.</summary>
    /// <remarks>A session of the console cannot make one.</remarks>
    public static Results<Ok<TicketView>, Refusal> MakeTicket(HttpContext context)
    {
        if (ConsoleSessions.Of(context) is not null)
            return Refusals.SessionMakesNoTicket;
        var (ticket, pass) = Sessions(context).Issue(HostCaller.Of(context));
        return TypedResults.Ok(TicketView.Of(ticket, pass));
    }

    private static ConsoleSessions Sessions(HttpContext context) => context.RequestServices.GetRequiredService<ConsoleSessions>();
}
