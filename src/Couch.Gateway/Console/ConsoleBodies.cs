using Couch.Gateway.Requests;

namespace Couch.Gateway.Console;

/// <summary>What opens a session of the console: a host key, or the ticket of a sign-in link. Exactly one of them.</summary>
public sealed record SignInBody
{
    /// <summary>A host key: the configured one, or one made under it.</summary>
    public string? Key { get; init; }

    /// <summary>The ticket of a sign-in link, beginning <c>couch_ticket_</c>. It is spent by this.</summary>
    public string? Ticket { get; init; }

    internal void Check(Fields fields)
    {
        if (string.IsNullOrEmpty(Key) == string.IsNullOrEmpty(Ticket))
            fields.Wrong("either key or ticket is required");
    }
}
