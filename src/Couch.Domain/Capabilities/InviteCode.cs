namespace Couch.Domain.Capabilities;

/// <summary>The secret that redeems an invite, once. Its ToString is redacted; only <see cref="Reveal"/> returns it.</summary>
public readonly struct InviteCode : ICapability
{
    private readonly string code;

    internal InviteCode(string code) => this.code = code;

    /// <summary>What every invite code begins with; 64 characters of base64url follow it.</summary>
    public static string Prefix => "inv_";

    static ReadOnlySpan<byte> ICapability.Purpose => "couch/invite/1:"u8;

    /// <summary>The code as it is shared. For an answer's body only; never for a log.</summary>
    public string Reveal() => code;

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text<InviteCode>();
}
