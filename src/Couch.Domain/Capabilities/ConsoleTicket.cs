namespace Couch.Domain.Capabilities;

/// <summary>
/// The secret in a sign-in link, which opens one session, once. Its ToString is redacted; only <see cref="Reveal"/> returns it.
/// </summary>
public readonly struct ConsoleTicket : ICapability
{
    private readonly string text;

    internal ConsoleTicket(string text) => this.text = text;

    /// <summary>What every ticket begins with; 96 characters of base64url follow it.</summary>
    public static string Prefix => "couch_ticket_";

    static ReadOnlySpan<byte> ICapability.Purpose => "couch/console-ticket/1:"u8;

    /// <summary>The ticket as the link carries it, in its fragment. For the answer to its creation only; never for a log.</summary>
    public string Reveal() => text;

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text<ConsoleTicket>();
}
