namespace Couch.Domain.Capabilities;

/// <summary>The secret by which a guest is known. Redacts itself: only <see cref="Reveal"/> spells it.</summary>
public readonly struct GuestToken
{
    public const string Prefix = "guest_";
    private readonly string token;

    internal GuestToken(string token) => this.token = token;

    /// <summary>The token as the guest keeps it. For the redeem's answer only; never for a log.</summary>
    public string Reveal() => token;

    public override string ToString() => "guest_(redacted)";
}
