namespace Couch.Domain.Capabilities;

/// <summary>The secret that lets one stranger in, once. Redacts itself: only <see cref="Reveal"/> spells it.</summary>
public readonly struct InviteCode
{
    /// <summary>What every invite code begins with; 64 characters of base64url follow it.</summary>
    public const string Prefix = "inv_";
    private readonly string code;

    internal InviteCode(string code) => this.code = code;

    /// <summary>The code as it is shared. For an answer's body only; never for a log.</summary>
    public string Reveal() => code;

    /// <inheritdoc/>
    public override string ToString() => "inv_(redacted)";
}
