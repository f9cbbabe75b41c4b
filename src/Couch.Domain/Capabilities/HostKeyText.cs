namespace Couch.Domain.Capabilities;

/// <summary>The secret text of a host key. Its ToString is redacted; only <see cref="Reveal"/> returns it.</summary>
public readonly struct HostKeyText : ICapability
{
    private readonly string text;

    internal HostKeyText(string text) => this.text = text;

    /// <summary>What every host key's text begins with; 64 characters of base64url follow it.</summary>
    public static string Prefix => "couch_";

    static ReadOnlySpan<byte> ICapability.Purpose => "couch/host-key/1:"u8;

    /// <summary>The key as its holder keeps it. For the answer to its creation only; never for a log.</summary>
    public string Reveal() => text;

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text<HostKeyText>();
}
