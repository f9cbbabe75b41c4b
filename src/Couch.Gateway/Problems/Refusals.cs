using Couch.Cluster.Storage;
using Couch.Cluster.Webhooks;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Gateway.Hosting;
using Microsoft.AspNetCore.WebUtilities;

namespace Couch.Gateway.Problems;

/// <summary>The one table of what is refused, with which status code and which sentence. The sentences are protocol.</summary>
internal static class Refusals
{
    // Who is asking
    public static Refusal NoHostKey { get; } = new(401, "Unauthorized — this endpoint asks for the host key",
        "Send the host key as 'Authorization: Bearer <host key>'. A guest's token is not a host key.");
    public static Refusal NotOnThisMachine { get; } = new(401, "Unauthorized — this couch has no host key, so only this machine may ask",
        "Set COUCH_AUTH_TOKEN and send it as 'Authorization: Bearer <host key>', or call from the machine itself, as the couch's own user, "
            + "by the name localhost, without a proxy.");
    public static Refusal LacksScope(IReadOnlyList<KeyScope> needed) => needed.Count == 0
        ? new(403, "forbidden — only the configured host key opens this")
        : new(403, $"forbidden — this host key lacks the scope {Either(needed)}",
            "Ask with a key that has it; the configured host key has every scope.");
    public static Refusal CannotGrant(IReadOnlyList<KeyScope> lacking) =>
        new(403, $"forbidden — this host key lacks the scope {Either(lacking)}, so it cannot give it",
        "A key can only give scopes that it has itself.");
    public static Refusal CannotRevokeKey(IReadOnlyList<KeyScope> lacking) =>
        new(403, $"forbidden — this host key lacks {Each(lacking)}, which the other key has, so it cannot revoke it",
        "A key can only revoke keys of no more scopes than its own; the configured host key can revoke every key.");
    public static Refusal CannotOutlive(DateTimeOffset end) =>
        new(403, $"forbidden — this host key ends at {end.ToIso()}, so it cannot make one that ends later",
        "Ask for a smaller expiresInHours, or with a key that has more time.");
    public static Refusal WrongHostKey { get; } = new(401, "Unauthorized — this is not a host key of this couch",
        "It may be mistyped, revoked, or past its time. A guest's token is not a host key.");
    public static Refusal SpentTicket { get; } = new(401, "Unauthorized — this sign-in link is spent, or past its five minutes",
        "Ask for another, or sign in with the host key itself.");
    public static Refusal NotFromTheConsole { get; } = new(403, "forbidden — a session is for the console's own pages alone",
        "A request by the console's cookie that changes something carries 'Couch-Console: 1', and comes from the couch's own pages. "
            + "Programs send the host key as a bearer.");
    public static Refusal NotFromAnotherSite { get; } = new(403, "forbidden — another site's web page may not ask here",
        "Programs send neither Origin nor Sec-Fetch-Site.");
    public static Refusal SessionMakesNoTicket { get; } = new(403, "forbidden — a session makes no sign-in link",
        "Ask with the host key itself: otherwise a session could outlive its day.");
    public static Refusal TooManyRequests(int most) => new(429, "too many requests",
        $"One address may ask {most} times a minute; Retry-After says in how many seconds the next minute begins.");

    // What is asked for
    public static Refusal Wrong(string sentence) => new(400, sentence);
    public static Refusal BodyMissing { get; } = new(400, "a JSON object is required as the body");
    public static Refusal BodyNotJson { get; } = new(415, "the body must be application/json",
        "Send 'Content-Type: application/json', in UTF-8.");
    public static Refusal BodyEncoded { get; } = new(415, "the body must not be compressed", "Send it without Content-Encoding.");
    public static Refusal BodyTooLarge { get; } = new(413, $"the body must not exceed {Listening.MostBodyBytes / 1024} KiB");

    public static Refusal NotAMessage { get; } = new(400, "the body must be one JSON-RPC message of MCP",
        """Send {"jsonrpc":"2.0","id":1,"method":"tools/list"} or its like; params and arguments are objects.""");

    // Invites
    public static Refusal InviteNotFound { get; } = new(404, "invite not found");
    public static Refusal CannotRevoke(InviteStatus status) => new(400, $"cannot revoke invite with status '{status.Word()}'");
    public static Refusal CannotRedeem(InviteStatus status) => new(409, $"invite is {status.Word()} — cannot redeem");
    public static Refusal KeyReused { get; } = new(409, "idempotency key reused",
        "This Idempotency-Key came with another body in the last 24 hours. Take a fresh key for a new request.");

    // Host keys
    public static Refusal KeyNotFound { get; } = new(404, "key not found");

    // Webhooks
    public static Refusal WebhookNotFound { get; } = new(404, "webhook not found");
    public static Refusal TooManyWebhooks { get; } = new(409, $"there are {WebhookRows.Most} webhooks, and no more can be made",
        "Delete those that nobody needs; one webhook can take events of several types.");

    // Guests
    public static Refusal GuestNotFound { get; } = new(404, "guest not found");
    public static Refusal InvalidToken { get; } = new(404, "invalid or expired token");
    public static Refusal Ended(Guest guest) => new(new EndedProblem
    {
        Title = ReasonPhrases.GetReasonPhrase(404),
        Status = 404,
        Error = "invalid or expired token",
        Detail = $"The guest's stay has ended: {guest.EndReason?.Word() ?? guest.Status.Word()}.",
        GuestStatus = guest.Status.Word(),
        EndReason = guest.EndReason?.Word(),
    });
    public static Refusal CannotActivate(GuestStatus status) => new(400, $"cannot activate guest with status '{status.Word()}'");
    public static Refusal AlreadyEnded(GuestStatus status) => new(400, $"guest already {status.Word()}");
    public static Refusal StayTooLong { get; } = new(400, $"a stay must not exceed {ResourceLimits.MostHours} hours from its beginning");

    // What the framework refuses by itself: no such path, no such method, and its like.
    public static Refusal Plain(int status) => new(status, ReasonPhrases.GetReasonPhrase(status).ToLowerInvariant());

    // What failed
    public static Refusal Unavailable { get; } = new(503, "the couch cannot answer right now",
        "What was asked may or may not have happened. Asking again is safe, with the same Idempotency-Key where there was one; look first "
            + "before an extension or a creation without a key.");
    /// <param name="kind">One of <see cref="GrainKinds"/>.</param>
    public static Refusal UnreadableRow(string kind) =>
        new(503, $"the stored row of this {kind.Replace('-', ' ')} cannot be read by this version of the couch",
        $"A newer version has written it, or it was damaged or edited by hand. {Meanwhile(kind)} The operator should run the version that "
            + "wrote it, or repair, restore or delete the row; the couch's log says what is wrong with it.");
    public static Refusal NotReady(string silo, string whyNot, string database, string? settings) => new(new NotReadyProblem
    {
        Title = ReasonPhrases.GetReasonPhrase(503),
        Status = 503,
        Error = "not ready",
        Detail = whyNot,
        Silo = silo,
        Database = database,
        Settings = settings,
    });
    public static Refusal OrderGoesOn { get; } = new(
        503, "the order is still being carried out", "It is stored, and is carried out whatever crashes. Asking again is safe.");
    public static Refusal Full { get; } = new(
        503, "the couch is full", "As many connections are being served as it may hold. Nothing was done: ask again.");
    public static Refusal Bug { get; } = new(
        500, "the couch failed", "This is a fault of the couch, not of the request; its log says more.");

    private static string Each(IReadOnlyList<KeyScope> scopes) =>
        $"the {(scopes.Count == 1 ? "scope" : "scopes")} {string.Join(", ", scopes.Select(scope => $"'{scope.Word()}'"))}";

    private static string Meanwhile(string kind) => kind switch
    {
        GrainKinds.Guest => "Until it can be read, nothing can be said of the guest, but it can be killed, and it ends when its time is "
            + "up: both destroy its VM.",
        GrainKinds.Invite => "Until it can be read, the invite can be neither redeemed nor revoked.",
        GrainKinds.HostKey => "Until it can be read, the key opens nothing, and cannot be revoked.",
        GrainKinds.Webhook => "Until it can be read, nothing is sent to it, and it can be neither resumed nor deleted.",
        _ => "Nothing has been changed.",
    };

    private static string Either(IReadOnlyList<KeyScope> scopes) => string.Join(" or ", scopes.Select(scope => $"'{scope.Word()}'"));
}
