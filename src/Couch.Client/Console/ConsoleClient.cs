using Couch.Client.Http;
using Couch.Client.Json;

namespace Couch.Client;

/// <summary>The way into the console, for a person who has a browser and should not be given the host key.</summary>
public sealed class ConsoleClient
{
    private readonly Transport transport;

    internal ConsoleClient(Transport transport) => this.transport = transport;

    /// <summary>Makes a sign-in link, which opens one session of the host key that asks, once. It takes a host key of any scope.</summary>
    /// <remarks>Where an answer was lost it is asked again: a link that nobody has seen ends by itself.</remarks>
    public async Task<ConsoleLink> CreateLink(CancellationToken cancel = default)
    {
        var made = await transport.Ask(Call.Post("couch/console/tickets"), AnswerJson.Default.ConsoleLink, cancel).ConfigureAwait(false);
        return made with { Link = new Uri(transport.Address, made.Link.Reveal().TrimStart('/')).AbsoluteUri };
    }
}

/// <summary>A sign-in link for the console.</summary>
public sealed record ConsoleLink
{
    /// <summary>The secret in the link.</summary>
    public required Secret Ticket { get; init; }

    /// <summary>The whole address to open in a browser. Whoever has it first is signed in.</summary>
    public required Secret Link { get; init; }

    /// <summary>Until when it may be opened.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}
