namespace Couch.Domain.Capabilities;

/// <summary>
/// The secret in a console's cookie, which stands for a host key until the session ends. Its ToString is redacted; only
/// <see cref="Reveal"/> returns it.
/// </summary>
public readonly struct ConsoleSession : ICapability
{
    private readonly string text;

    internal ConsoleSession(string text) => this.text = text;

    /// <summary>What every session begins with; 96 characters of base64url follow it.</summary>
    public static string Prefix => "couch_session_";

    static ReadOnlySpan<byte> ICapability.Purpose => "couch/console-session/1:"u8;

    /// <summary>The session as the browser keeps it. For the cookie only; never for a log.</summary>
    public string Reveal() => text;

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text<ConsoleSession>();
}
