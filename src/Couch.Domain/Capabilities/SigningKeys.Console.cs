using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Couch.Domain.Keys;

namespace Couch.Domain.Capabilities;

/// <summary>
/// A console's passes: a prefix and base64url(16 random bytes ‖ the key's id, 0 for the configured one ‖ the end in milliseconds ‖
/// HMAC-SHA256(key, purpose ‖ these ‖ for the configured key its hash)), 96 characters with no spare bits. The hash is not in the text:
/// exchanging the configured key ends its sessions, and a session tells nothing about the key.
/// </summary>
public sealed partial class SigningKeys
{
    private const int NonceBytes = 16;
    private const int PassBytes = NonceBytes + IdBytes + sizeof(long);

    /// <summary>A session, signed by the first key.</summary>
    /// <param name="configuredKey">The hash of the configured host key, to which a pass of that key is bound; empty: there is none.</param>
    public ConsoleSession SignSession(ConsolePass pass, ReadOnlySpan<byte> configuredKey, RandomNumberGenerator random) =>
        new(SignPass<ConsoleSession>(pass, configuredKey, random));

    /// <summary>A ticket, signed by the first key.</summary>
    /// <inheritdoc cref="SignSession"/>
    public ConsoleTicket SignTicket(ConsolePass pass, ReadOnlySpan<byte> configuredKey, RandomNumberGenerator random) =>
        new(SignPass<ConsoleTicket>(pass, configuredKey, random));

    /// <summary>True only for a session that one of our keys signed, in its one spelling. The pass says until when.</summary>
    /// <inheritdoc cref="SignSession"/>
    public bool TryVerifySession(string text, ReadOnlySpan<byte> configuredKey, [NotNullWhen(true)] out ConsolePass? pass) =>
        TryVerifyPass<ConsoleSession>(text, configuredKey, out pass);

    /// <summary>True only for a ticket that one of our keys signed, in its one spelling, whether it is spent or not.</summary>
    /// <inheritdoc cref="SignSession"/>
    public bool TryVerifyTicket(string text, ReadOnlySpan<byte> configuredKey, [NotNullWhen(true)] out ConsolePass? pass) =>
        TryVerifyPass<ConsoleTicket>(text, configuredKey, out pass);

    private string SignPass<TCapability>(ConsolePass pass, ReadOnlySpan<byte> configuredKey, RandomNumberGenerator random)
        where TCapability : struct, ICapability
    {
        Span<byte> proof = stackalloc byte[PassBytes + MacBytes];
        random.GetBytes(proof[..NonceBytes]);
        proof[NonceBytes..PassBytes].Clear();
        pass.KeyId?.ToBytes().CopyTo(proof[NonceBytes..]);
        BinaryPrimitives.WriteInt64BigEndian(proof[(NonceBytes + IdBytes)..], pass.ExpiresAt.ToUnixTimeMilliseconds());
        MacPass<TCapability>(current.Hashes[0].Value!, proof[..PassBytes], configuredKey, proof[PassBytes..]);
        return TCapability.Prefix + Base64Url.EncodeToString(proof);
    }

    private bool TryVerifyPass<TCapability>(string text, ReadOnlySpan<byte> configuredKey, [NotNullWhen(true)] out ConsolePass? pass)
        where TCapability : struct, ICapability
    {
        pass = null;
        Span<byte> proof = stackalloc byte[PassBytes + MacBytes];
        if (!TryDecode<TCapability>(text, proof))
            return false;

        Span<byte> expected = stackalloc byte[MacBytes];
        foreach (var key in current.Hashes)
        {
            MacPass<TCapability>(key.Value!, proof[..PassBytes], configuredKey, expected);
            if (CryptographicOperations.FixedTimeEquals(expected, proof[PassBytes..]))
            {
                pass = Read(proof[NonceBytes..PassBytes]);
                return true;
            }
        }

        return false;
    }

    private static ConsolePass Read(ReadOnlySpan<byte> pass) => new(
        IsOfConfiguredKey(pass[..IdBytes]) ? null : HostKeyId.From(pass[..IdBytes]),
        DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(pass[IdBytes..])));

    private static void MacPass<TCapability>(
        IncrementalHash key, ReadOnlySpan<byte> pass, ReadOnlySpan<byte> configuredKey, Span<byte> mac)
        where TCapability : struct, ICapability
    {
        var bound = IsOfConfiguredKey(pass[NonceBytes..(NonceBytes + IdBytes)]) ? configuredKey : [];
        Span<byte> message = stackalloc byte[pass.Length + bound.Length];
        pass.CopyTo(message);
        bound.CopyTo(message[pass.Length..]);
        Mac(key, TCapability.Purpose, message, mac);
    }

    /// <summary>No made key has this id: it would have been made in 1970.</summary>
    private static bool IsOfConfiguredKey(ReadOnlySpan<byte> keyId) => !keyId.ContainsAnyExcept((byte)0);
}
