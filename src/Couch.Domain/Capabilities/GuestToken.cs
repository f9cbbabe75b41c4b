namespace Couch.Domain.Capabilities;

/// <summary>The secret that identifies a guest. Its ToString is redacted; only <see cref="Reveal"/> returns it.</summary>
public readonly struct GuestToken : ICapability
{
    private readonly string token;

    internal GuestToken(string token) => this.token = token;

    /// <summary>What every guest token begins with; 64 characters of base64url follow it.</summary>
    public static string Prefix => "guest_";

    static ReadOnlySpan<byte> ICapability.Purpose => "couch/guest/1:"u8;

    /// <summary>The token as the guest keeps it. For the redeem's answer only; never for a log.</summary>
    public string Reveal() => token;

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text<GuestToken>();
}
