namespace Couch.Domain.Capabilities;

/// <summary>The secret that lets one stranger in, once. Redacts itself: only <see cref="Reveal"/> spells it.</summary>
public readonly struct InviteCode
{
    public const string Prefix = "inv_";
    private readonly string code;

    internal InviteCode(string code) => this.code = code;

    /// <summary>The code as it is shared. For an answer's body only; never for a log.</summary>
    public string Reveal() => code;

    public override string ToString() => "inv_(redacted)";
}
