namespace Couch.Domain.Capabilities;

/// <summary>The secret by which a host key is presented. Redacts itself: only <see cref="Reveal"/> spells it.</summary>
public readonly struct HostKeyText
{
    /// <summary>What every host key's text begins with; 64 characters of base64url follow it.</summary>
    public const string Prefix = "couch_";
    private readonly string text;

    internal HostKeyText(string text) => this.text = text;

    /// <summary>The key as its holder keeps it. For the answer to its creation only; never for a log.</summary>
    public string Reveal() => text;

    /// <inheritdoc/>
    public override string ToString() => "couch_(redacted)";
}
