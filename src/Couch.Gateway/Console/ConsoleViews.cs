using Couch.Domain.Capabilities;
using Couch.Domain.Keys;
using Couch.Gateway.Access;

namespace Couch.Gateway.Console;

/// <summary>Who is signed in, and what they may do.</summary>
public sealed record SessionView
{
    /// <summary>The host key's id; null for the configured key, and for a caller on the machine itself when no key is configured.</summary>
    public required string? KeyId { get; init; }

    /// <summary>The host key's name; without an id it is <c>configured</c> or <c>loopback</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The host key's scopes.</summary>
    public required IReadOnlyList<KeyScope> Scopes { get; init; }

    /// <summary>When the session ends; null when the request was let in without one.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    internal static SessionView Of(HostCaller caller, ConsolePass? pass) => new()
    {
        KeyId = caller.Actor.KeyId?.Value,
        Name = caller.Actor.Name,
        Scopes = caller.Authority.Scopes.Each,
        ExpiresAt = pass?.ExpiresAt,
    };
}

/// <summary>A sign-in link for the console, which opens one session.</summary>
public sealed record TicketView
{
    /// <summary>The ticket, beginning <c>couch_ticket_</c>: shown here and nowhere else.</summary>
    public required string Ticket { get; init; }

    /// <summary>
    /// The link, after this couch's address. The ticket is in its fragment, which a browser sends to no server and no proxy.
    /// </summary>
    public required string Link { get; init; }

    /// <summary>Until when it may be used.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    internal static TicketView Of(ConsoleTicket ticket, ConsolePass pass) => new()
    {
        Ticket = ticket.Reveal(),
        Link = ConsoleSessions.LinkOf(ticket),
        ExpiresAt = pass.ExpiresAt,
    };
}
