using Couch.Domain.Keys;

namespace Couch.Domain.Capabilities;

/// <summary>
/// What a console's session and a sign-in ticket say: which host key signed in, and until when. It permits nothing by itself: whoever
/// reads it looks the key up, so that a revocation, an expiry and the key's scopes count.
/// </summary>
/// <param name="KeyId">The made key; null: the configured one.</param>
/// <param name="ExpiresAt">From this moment on it is void; in whole milliseconds.</param>
public sealed record ConsolePass(HostKeyId? KeyId, DateTimeOffset ExpiresAt)
{
    /// <summary>False from <see cref="ExpiresAt"/> on; else true.</summary>
    public bool IsGood(DateTimeOffset now) => now < ExpiresAt;
}
