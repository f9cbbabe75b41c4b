using System.Security.Cryptography;
using Couch.Cluster.Invites;
using Couch.Domain.Capabilities;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Gateway.Access;

namespace Couch.Gateway.Console;

/// <summary>
/// Sessions of the console and the tickets that open one. Both are signed and name a host key; neither is stored, and each node can read
/// them. The key is looked up at every request, so a session is worth no more than its key is at that moment.
/// </summary>
internal sealed class ConsoleSessions(
    ConfiguredHostKey configured, SigningKeys signing, HostKeyring keyring, InviteIdempotency claims, TimeProvider clock,
    RandomNumberGenerator random)
{
    public static readonly TimeSpan SessionLifetime = TimeSpan.FromHours(24);
    public static readonly TimeSpan TicketLifetime = TimeSpan.FromMinutes(5);

    /// <summary>The header by which the console's own pages say that a request is theirs: no other site's page can send it.</summary>
    public const string Header = "Couch-Console";

    private const string CouchPath = "/couch";

    /// <summary>The host whose session the request carries; null where it carries none, a bad one, or one that it may not use.</summary>
    public async Task<HostCaller?> Find(HttpContext http)
    {
        // The dashboard and the metrics ask for the key itself.
        if (!http.Request.Path.StartsWithSegments(CouchPath) || ConsoleCookie.Of(http) is not { } cookie || !IsOwn(http.Request)
            || !signing.TryVerifySession(cookie, configured.Hash, out var pass))
            return null;
        if (await Holder(pass, http) is not { } caller)
            return null;
        http.Features.Set(pass);
        return caller;
    }

    /// <summary>The session that let the request in; null where a key did, or where none is needed.</summary>
    public static ConsolePass? Of(HttpContext http) => http.Features.Get<ConsolePass>();

    /// <summary>Whether a request carries a session that it may not use, because another site's page may have sent it.</summary>
    public static bool IsForged(HttpContext http) =>
        Bearer.Of(http.Request) is null && ConsoleCookie.Of(http) is not null && !IsOwn(http.Request);

    /// <summary>
    /// Whether the request comes from the console's own pages, as far as it can tell. Browsers name the site that asks; a header of the
    /// console's own makes any other site's page ask for permission first, which the couch never gives.
    /// </summary>
    public static bool IsOwn(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"] is [] or ["same-origin"] or ["none"]
        && (HttpMethods.IsGet(request.Method) || request.Headers[Header] is ["1"]);

    /// <summary>A session of the caller's key: for a day, or as long as the key is good for.</summary>
    public (ConsoleSession Session, ConsolePass Pass) Open(HostCaller caller)
    {
        var pass = Pass(caller, SessionLifetime);
        return (signing.SignSession(pass, configured.Hash, random), pass);
    }

    /// <summary>A ticket of the caller's key, for five minutes.</summary>
    public (ConsoleTicket Ticket, ConsolePass Pass) Issue(HostCaller caller)
    {
        var pass = Pass(caller, TicketLifetime);
        return (signing.SignTicket(pass, configured.Hash, random), pass);
    }

    /// <summary>A sign-in link of the configured key, after this couch's address, for whoever starts the couch.</summary>
    public string Link() => LinkOf(Issue(HostCaller.Configured).Ticket);

    /// <summary>Where a ticket is used: it is in the fragment, which a browser sends to no server and no proxy.</summary>
    public static string LinkOf(ConsoleTicket ticket) => $"{ConsolePages.SignInPath}#{ticket.Reveal()}";

    /// <summary>The host that this host key stands for; null where it is none, or no longer good.</summary>
    public Task<HostCaller?> Recognize(string key, HttpContext http) => keyring.Find(key, http);

    /// <summary>
    /// Spends a ticket: the caller whose key it names, once, on whichever node. Null where it is forged, spent, past its time, or its key
    /// is no longer good.
    /// </summary>
    public async Task<HostCaller?> Redeem(string ticket, HttpContext http)
    {
        if (!signing.TryVerifyTicket(ticket, configured.Hash, out var pass) || await Holder(pass, http) is not { } caller)
            return null;

        // The insert of its hash spends it, and is what all nodes share. No two attempts have the same body, so that a second one never
        // counts as the first one's repetition. Housekeeping deletes the row after a day, when the ticket is long void.
        var attempt = Convert.ToHexString(Random());
        var claim = Idempotency.Of($"console-ticket {ticket}", attempt);
        var spent = await claims.Claim(claim, InviteId.New(clock.Now(), random), clock.Now(), http.RequestAborted);
        return spent is { IsOfThisBody: true } ? caller : null;
    }

    private async Task<HostCaller?> Holder(ConsolePass pass, HttpContext http) =>
        !pass.IsGood(clock.Now()) ? null : pass.KeyId is { } id ? await keyring.Find(id, http) : HostCaller.Configured;

    private ConsolePass Pass(HostCaller caller, TimeSpan lifetime)
    {
        var end = clock.Now() + lifetime;
        return new(caller.Actor.KeyId, caller.Authority.EndsAt is { } keyEnds && keyEnds < end ? keyEnds : end);
    }

    private byte[] Random()
    {
        var bytes = new byte[16];
        random.GetBytes(bytes);
        return bytes;
    }
}
