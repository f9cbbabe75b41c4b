using System.Security.Cryptography;

namespace Couch.Client.Http;

internal static class IdempotencyKeys
{
    private const int Most = 255;
    private const int OwnDigits = 32;

    /// <summary>The caller's own key, or a fresh one: so what carries it can always be repeated.</summary>
    /// <exception cref="ArgumentException">The caller's key is not 1 to 255 visible ASCII characters.</exception>
    public static string Checked(string? idempotencyKey) => idempotencyKey switch
    {
        null => RandomNumberGenerator.GetHexString(OwnDigits, lowercase: true),
        { Length: >= 1 and <= Most } when idempotencyKey.All(letter => letter is >= '!' and <= '~') => idempotencyKey,
        _ => throw new ArgumentException($"an idempotency key has 1 to {Most} visible ASCII characters", nameof(idempotencyKey)),
    };
}
