using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Webhooks;

namespace Couch.Domain.Capabilities;

/// <summary>
/// Makes and checks capabilities: a prefix and base64url(16-byte id ‖ 32-byte HMAC-SHA256(key, purpose ‖ id)),
/// 64 characters with no spare bits. A capability carries its own proof, so a forged one costs a hash and never
/// reaches a grain, and nothing secret is stored. The first key signs; all verify, so that keys can be rotated.
/// </summary>
public sealed partial class SigningKeys
{
    /// <summary>The smallest length of a key, in bytes.</summary>
    public const int LeastKeyBytes = 32;

    private const int IdBytes = 16;
    private const int MacBytes = HMACSHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> WebhookPurpose => "couch/webhook/1:"u8;

    private volatile KeyList current;

    private SigningKeys(IReadOnlyList<byte[]> keys)
    {
        current = new(
            [.. keys.Select(key => new ThreadLocal<IncrementalHash>(() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key)))],
            [.. keys.Select(NodeKey.From)]);
    }

    /// <summary>
    /// The keys by which processes of the couch prove themselves to each other, one for each signing key and in their order:
    /// a process shows the first, and accepts all.
    /// </summary>
    public IReadOnlyList<NodeKey> NodeKeys => current.NodeKeys;

    /// <summary>Whether any key is in both lists: processes that share none do not accept each other.</summary>
    public bool SharesKeyWith(SigningKeys other) => NodeKeys.Any(key => other.NodeKeys.Any(its => its.Matches(key.PublicKey.Span)));

    /// <summary>Whether both lists have the same keys in the same order.</summary>
    public bool IsSameAs(SigningKeys other) =>
        NodeKeys.Count == other.NodeKeys.Count && NodeKeys.Zip(other.NodeKeys).All(pair => pair.First.Matches(pair.Second.PublicKey.Span));

    /// <summary>Replaces these keys by the other list's.</summary>
    public void Become(SigningKeys other) => current = other.current;

    /// <summary>Reads standard base64 keys separated by commas; each at least <see cref="LeastKeyBytes"/> bytes.</summary>
    /// <returns>False, and the reason, where any key is invalid. The reason never quotes the key.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out SigningKeys? signingKeys, [NotNullWhen(false)] out string? why)
    {
        signingKeys = null;
        var parsed = new List<byte[]>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var key = new byte[part.Length];
            if (!Convert.TryFromBase64String(part, key, out var written))
            {
                why = $"key {parsed.Count + 1} is not standard base64";
                return false;
            }

            if (written < LeastKeyBytes)
            {
                why = $"key {parsed.Count + 1} has {written} bytes; at least {LeastKeyBytes} are needed";
                return false;
            }

            parsed.Add(key[..written]);
        }

        signingKeys = new SigningKeys(parsed);
        why = null;
        return true;
    }

    /// <summary>The code of the invite with this id, signed by the first key.</summary>
    public InviteCode Sign(InviteId id) => new(Sign<InviteCode>(id.ToBytes()));

    /// <summary>The token of the guest with this id, signed by the first key.</summary>
    public GuestToken Sign(GuestId id) => new(Sign<GuestToken>(id.ToBytes()));

    /// <summary>The text of the host key with this id, signed by the first key.</summary>
    public HostKeyText Sign(HostKeyId id) => new(Sign<HostKeyText>(id.ToBytes()));

    /// <summary>
    /// The secrets of the webhook with this id, one for each key, in the keys' order. The first is shown when the webhook is created. All
    /// of them sign each delivery, so that a receiver's secret is valid as long as its key is in the list.
    /// </summary>
    public IReadOnlyList<WebhookSecret> SecretsOf(WebhookId id)
    {
        var bytes = id.ToBytes();
        return [.. current.Hashes.Select(key =>
        {
            var secret = new byte[MacBytes];
            Mac(key.Value!, WebhookPurpose, bytes, secret);
            return new WebhookSecret(secret);
        })];
    }

    /// <summary>True only for a code that one of our keys signed, in its one spelling.</summary>
    public bool TryVerifyCode(string code, out InviteId id) => TryVerify<InviteCode, InviteId>(code, InviteId.From, out id);

    /// <summary>True only for a token that one of our keys signed, in its one spelling.</summary>
    public bool TryVerifyToken(string token, out GuestId id) => TryVerify<GuestToken, GuestId>(token, GuestId.From, out id);

    /// <summary>
    /// True only for a host key that one of our keys signed, in its one spelling. Its row says whether it is still valid.
    /// </summary>
    public bool TryVerifyHostKey(string text, out HostKeyId id) => TryVerify<HostKeyText, HostKeyId>(text, HostKeyId.From, out id);

    private string Sign<TCapability>(ReadOnlySpan<byte> id) where TCapability : struct, ICapability
    {
        Span<byte> proof = stackalloc byte[IdBytes + MacBytes];
        id.CopyTo(proof);
        Mac(current.Hashes[0].Value!, TCapability.Purpose, id, proof[IdBytes..]);
        return TCapability.Prefix + Base64Url.EncodeToString(proof);
    }

    private bool TryVerify<TCapability, TId>(string text, Func<ReadOnlySpan<byte>, TId> idOf, out TId id)
        where TCapability : struct, ICapability where TId : struct
    {
        id = default;
        Span<byte> proof = stackalloc byte[IdBytes + MacBytes];
        if (!TryDecode<TCapability>(text, proof))
            return false;

        Span<byte> expected = stackalloc byte[MacBytes];
        foreach (var key in current.Hashes)
        {
            Mac(key.Value!, TCapability.Purpose, proof[..IdBytes], expected);
            if (CryptographicOperations.FixedTimeEquals(expected, proof[IdBytes..]))
            {
                id = idOf(proof[..IdBytes]);
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads a capability's text into <paramref name="proof"/>, whose length must be a multiple of three.</summary>
    private static bool TryDecode<TCapability>(string text, Span<byte> proof) where TCapability : struct, ICapability
    {
        var prefix = TCapability.Prefix;
        // Four characters carry exactly three bytes: no padding and no spare bits, so a capability has one spelling.
        return text.Length == prefix.Length + (proof.Length / 3 * 4)
            && text.StartsWith(prefix, StringComparison.Ordinal)
            && Base64Url.DecodeFromChars(text.AsSpan(prefix.Length), proof, out _, out var written) is OperationStatus.Done
            && written == proof.Length;
    }

    private static void Mac(IncrementalHash key, ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> id, Span<byte> mac)
    {
        // Appended in one piece: two pieces would cost a fifth more.
        Span<byte> message = stackalloc byte[purpose.Length + id.Length];
        purpose.CopyTo(message);
        id.CopyTo(message[purpose.Length..]);
        key.AppendData(message);
        key.GetHashAndReset(mac);
    }

    /// <param name="Hashes">
    /// One hash a thread for each key, initialized once: initializing costs three times as much as a capability's proof.
    /// </param>
    private sealed record KeyList(ThreadLocal<IncrementalHash>[] Hashes, IReadOnlyList<NodeKey> NodeKeys);
}
