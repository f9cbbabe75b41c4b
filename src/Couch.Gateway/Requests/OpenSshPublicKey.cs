using System.Buffers.Binary;
using System.Text;
using Couch.Domain.Values;

namespace Couch.Gateway.Requests;

/// <summary>One line of an <c>authorized_keys</c> file without options: algorithm, key in base64, and perhaps a comment.</summary>
internal static class OpenSshPublicKey
{
    private static readonly string[] Algorithms =
    [
        "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    ];

    /// <summary>The key without the blanks around it; null where none is given.</summary>
    public static string? PublicKey(this Fields fields, string name, string? text)
    {
        var key = fields.Optional(name, text, Bounds.MostPublicKey);
        if (key is not null && !IsOne(key))
            fields.Wrong($"{name} must be one OpenSSH public key, like: ssh-ed25519 AAAA… comment");
        return key;
    }

    private static bool IsOne(string line)
    {
        var parts = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        return parts.Length >= 2 && Algorithms.Contains(parts[0]) && Names(parts[1], parts[0]);
    }

    /// <summary>The key begins with the length and the name of its algorithm; a key follows.</summary>
    private static bool Names(string base64, string algorithm)
    {
        var blob = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, blob, out var length) || length < sizeof(int))
            return false;
        var rest = blob.AsSpan(sizeof(int)..length);
        return BinaryPrimitives.ReadInt32BigEndian(blob) == algorithm.Length
            && rest.Length > algorithm.Length
            && rest[..algorithm.Length].SequenceEqual(Encoding.ASCII.GetBytes(algorithm));
    }
}
