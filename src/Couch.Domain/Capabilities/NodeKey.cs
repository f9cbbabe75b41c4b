using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Couch.Domain.Capabilities;

/// <summary>
/// The key by which a process of the couch proves itself to another: a P-256 key that is derived from a signing key, so that a process that
/// holds the signing key needs nothing else. It reveals nothing about the signing key or any capability: the derivation (HKDF-SHA-256) has
/// a purpose of its own.
/// </summary>
/// <remarks>Processes of two versions must derive the same key. A test pins it.</remarks>
public sealed class NodeKey
{
    private const int ScalarBytes = 32;
    private static readonly byte[] Purpose = Encoding.ASCII.GetBytes("couch/node/1:");

    /// <summary>The order of the curve P-256. A private key is a number from 1 to one less than this.</summary>
    private static readonly byte[] Order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

    private readonly byte[] scalar;

    private NodeKey(byte[] scalar)
    {
        this.scalar = scalar;
        using var key = PrivateKey();
        PublicKey = key.ExportSubjectPublicKeyInfo();
    }

    /// <summary>The public key, as a DER SubjectPublicKeyInfo.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>The private key; the caller disposes it.</summary>
    public ECDsa PrivateKey() => ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar });

    /// <summary>
    /// True where <paramref name="publicKey"/>, a DER SubjectPublicKeyInfo, is this key's. The comparison takes the same time for every
    /// wrong key.
    /// </summary>
    public bool Matches(ReadOnlySpan<byte> publicKey) => CryptographicOperations.FixedTimeEquals(PublicKey.Span, publicKey);

    /// <summary>A fixed text, without any secret.</summary>
    public override string ToString() => "NodeKey (redacted)";

    internal static NodeKey From(byte[] signingKey)
    {
        // About one derivation in 2^32 gives no valid private key; then the next counter is tried.
        for (uint counter = 0; ; counter++)
        {
            var scalar = Derive(signingKey, counter);
            if (IsPrivateKey(scalar))
                return new NodeKey(scalar);
        }
    }

    /// <summary>True for a number, in big-endian bytes, that is a valid private key of the curve.</summary>
    private static bool IsPrivateKey(ReadOnlySpan<byte> scalar) =>
        scalar.Length == ScalarBytes && scalar.ContainsAnyExcept((byte)0) && scalar.SequenceCompareTo(Order) < 0;

    private static byte[] Derive(byte[] signingKey, uint counter)
    {
        var info = new byte[Purpose.Length + sizeof(uint)];
        Purpose.CopyTo(info, 0);
        BinaryPrimitives.WriteUInt32BigEndian(info.AsSpan(Purpose.Length), counter);
        return HKDF.DeriveKey(HashAlgorithmName.SHA256, signingKey, ScalarBytes, salt: null, info);
    }
}
