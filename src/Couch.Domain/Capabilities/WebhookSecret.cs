using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Couch.Domain.Capabilities;

/// <summary>
/// The secret that signs a webhook's deliveries, as standardwebhooks.com defines it. Its ToString is redacted; only
/// <see cref="Reveal"/> returns it.
/// </summary>
public readonly struct WebhookSecret
{
    /// <summary>What every secret's text begins with; base64 follows it.</summary>
    public const string Prefix = "whsec_";

    private const string Version = "v1,";

    private readonly byte[] key;

    internal WebhookSecret(byte[] key) => this.key = key;

    /// <summary>Reads the text that <see cref="Reveal"/> returns.</summary>
    public static bool TryParse(string text, out WebhookSecret secret)
    {
        secret = default;
        var bytes = new byte[text.Length];
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)
            || !Convert.TryFromBase64String(text[Prefix.Length..], bytes, out var written) || written == 0)
            return false;
        secret = new(bytes[..written]);
        return true;
    }

    /// <summary>The secret as its receiver keeps it. For the answer to its webhook's creation only; never for a log.</summary>
    public string Reveal() => Prefix + Convert.ToBase64String(key);

    /// <summary>The signature of a delivery: <c>v1,</c> and base64 of HMAC-SHA256 over its id, its time and its body.</summary>
    /// <param name="id">The delivery's <c>webhook-id</c>.</param>
    /// <param name="timestamp">Its <c>webhook-timestamp</c>: seconds since 1970.</param>
    public string Sign(string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")));
        hash.AppendData(body);
        return Version + Convert.ToBase64String(hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public override string ToString() => "whsec_(redacted)";
}
