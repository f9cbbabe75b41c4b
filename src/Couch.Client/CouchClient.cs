using System.Net;
using Couch.Client.Http;
using Couch.Client.Json;

namespace Couch.Client;

/// <summary>
/// A couch, as one that calls it sees it: hosts by <see cref="Invites"/>, <see cref="Guests"/>, <see cref="Keys"/>,
/// <see cref="Events"/> and <see cref="Webhooks"/>; guests by <see cref="Redeem"/> and <see cref="Stay"/>. Several threads may use it at
/// once, and it owns nothing.
/// </summary>
/// <remarks>
/// Whatever is not the answer that was asked for is a <see cref="CouchException"/>. What may be repeated is repeated by itself, within the
/// bounds of the <see cref="CouchClientOptions"/>.
/// </remarks>
public sealed class CouchClient
{
    private readonly Transport transport;

    /// <param name="http">
    /// What requests are sent by; it stays the caller's. Its timeout bounds each attempt, but not the life of a stream.
    /// </param>
    /// <param name="options">Where the couch is, and who asks it.</param>
    /// <exception cref="ArgumentException">An option is out of its bounds.</exception>
    public CouchClient(HttpClient http, CouchClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(options);
        transport = new(http, options);
        Invites = new(transport);
        Guests = new(transport);
        Keys = new(transport);
        Events = new(transport);
        Webhooks = new(transport);
        Console = new(transport);
    }

    /// <summary>What a host does with invites.</summary>
    public InvitesClient Invites { get; }

    /// <summary>What a host does with guests.</summary>
    public GuestsClient Guests { get; }

    /// <summary>What a host does with host keys.</summary>
    public KeysClient Keys { get; }

    /// <summary>The log of events.</summary>
    public EventsClient Events { get; }

    /// <summary>Addresses to which events are sent.</summary>
    public WebhooksClient Webhooks { get; }

    /// <summary>The way into the console.</summary>
    public ConsoleClient Console { get; }

    /// <summary>What a guest does for itself.</summary>
    /// <param name="token">The guest's token, from <see cref="Redemption.AuthToken"/>.</param>
    public StayClient Stay(Secret token) => new(transport, Bearer.Checked(token, nameof(token)));

    /// <summary>Redeems an invite, which admits its one guest. It needs no host key.</summary>
    /// <param name="code">The invite's code.</param>
    /// <param name="name">What the guest wants to be called: 1 to 128 characters.</param>
    /// <param name="publicKey">One OpenSSH public key, which gives access to the VM.</param>
    /// <param name="idempotencyKey">
    /// 1 to 255 visible ASCII characters. For 24 hours the same key, name and public key give the same answer, the token included. Default:
    /// a fresh one, so that a lost answer does not cost the invite. A caller that may end before it has the answer gives one that it keeps.
    /// </param>
    /// <exception cref="CouchNotFoundException">The code is not genuine.</exception>
    /// <exception cref="CouchConflictException">The invite is redeemed, revoked or expired.</exception>
    public Task<Redemption> Redeem(
        Secret code, string name, string? publicKey = null, string? idempotencyKey = null, CancellationToken cancel = default) =>
        transport.Ask(
            new Call(HttpMethod.Post, "couch/redeem") { IsPublic = true, IdempotencyKey = IdempotencyKeys.Checked(idempotencyKey) }
                .With(new(code, name, publicKey), RequestJson.Default.RedeemBody),
            AnswerJson.Default.Redemption, cancel);

    /// <summary>Shows what an invite offers, without spending its code. It needs no host key.</summary>
    /// <remarks>The code is sent in the body. Only to a couch that does not know this way yet, it is sent in the query.</remarks>
    /// <param name="code">The invite's code.</param>
    /// <exception cref="CouchNotFoundException">The code is not genuine.</exception>
    public async Task<InvitePreview> Preview(Secret code, CancellationToken cancel = default)
    {
        const string Path = "couch/invites/preview";
        var inBody = new Call(HttpMethod.Post, Path) { IsPublic = true }.With(new(code), RequestJson.Default.CodeBody);
        try
        {
            return await transport.Ask(inBody, AnswerJson.Default.InvitePreview, cancel).ConfigureAwait(false);
        }
        catch (CouchException unknown) when (unknown.StatusCode is HttpStatusCode.MethodNotAllowed)
        {
            var inQuery = new Call(HttpMethod.Get, Path) { IsPublic = true, Query = new Query().Add("code", code.Reveal()) };
            return await transport.Ask(inQuery, AnswerJson.Default.InvitePreview, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// What a host hands to a guest's agent: the text that says how to redeem, wait and leave, and the address of its page. It needs no
    /// host key.
    /// </summary>
    /// <exception cref="CouchNotFoundException">The couch is of a version that has no such page.</exception>
    public async Task<JoinText> Join(CancellationToken cancel = default)
    {
        var call = new Call(HttpMethod.Get, "join") { IsPublic = true, Accept = JoinText.MediaType };
        using var response = await transport.Send(call, HttpCompletionOption.ResponseContentRead, cancel).ConfigureAwait(false);
        return await JoinText.Read(response, transport.Address, cancel).ConfigureAwait(false);
    }

    /// <summary>What is in the couch, and what it still owes. It needs a host key of scope <c>guests</c>.</summary>
    public Task<CouchSummary> Summary(CancellationToken cancel = default) =>
        transport.Ask(Call.Get("couch/summary"), AnswerJson.Default.CouchSummary, cancel);

    /// <summary>Whether the process is alive. It needs no host key, and is not repeated: the answer of now is what is asked for.</summary>
    public Task<Health> Health(CancellationToken cancel = default) => transport.Ask(
        new Call(HttpMethod.Get, "health") { IsPublic = true, Repeats = Repeats.Never }, AnswerJson.Default.Health, cancel);

    /// <summary>Whether the process should be sent requests. It needs no host key, and is not repeated.</summary>
    /// <exception cref="CouchUnavailableException">It should not; the exception says why.</exception>
    public Task<Readiness> Ready(CancellationToken cancel = default) => transport.Ask(
        new Call(HttpMethod.Get, "health/ready") { IsPublic = true, Repeats = Repeats.Never }, AnswerJson.Default.Readiness, cancel);
}
