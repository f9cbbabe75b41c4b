using System.Buffers.Binary;
using System.Text;
using Couch.Domain.Values;

namespace Couch.Gateway.Requests;

/// <summary>One line of an <c>authorized_keys</c> file without options: algorithm, key in base64, and perhaps a comment.</summary>
internal static class OpenSshPublicKey
{
    private const string Ed25519 = "ssh-ed25519";
    private const int Ed25519Bytes = 32;

    /// <summary>How many fields follow the name of each algorithm.</summary>
    private static readonly Dictionary<string, int> Algorithms = new()
    {
        [Ed25519] = 1,
        ["ssh-rsa"] = 2,
        ["ecdsa-sha2-nistp256"] = 2,
        ["ecdsa-sha2-nistp384"] = 2,
        ["ecdsa-sha2-nistp521"] = 2,
        ["sk-ssh-ed25519@openssh.com"] = 2,
        ["sk-ecdsa-sha2-nistp256@openssh.com"] = 3,
    };

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
        return parts.Length >= 2 && Algorithms.TryGetValue(parts[0], out var fields) && IsKey(parts[1], parts[0], fields);
    }

    /// <summary>
    /// A key is the name of its algorithm and that algorithm's fields, each behind its length (RFC 4253, 6.6), and nothing else. Whether
    /// they are a point or a modulus, the SSH server says.
    /// </summary>
    private static bool IsKey(string base64, string algorithm, int fields)
    {
        var blob = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, blob, out var length))
            return false;

        ReadOnlySpan<byte> rest = blob.AsSpan(..length);
        if (!TryTake(ref rest, out var field) || !field.SequenceEqual(Encoding.ASCII.GetBytes(algorithm)))
            return false;
        for (; fields > 0; fields--)
        {
            if (!TryTake(ref rest, out field) || field.IsEmpty)
                return false;
        }

        return rest.IsEmpty && (algorithm is not Ed25519 || field.Length == Ed25519Bytes);
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> field)
    {
        field = default;
        if (!BinaryPrimitives.TryReadUInt32BigEndian(rest, out var length) || length > rest.Length - sizeof(uint))
            return false;
        field = rest.Slice(sizeof(uint), (int)length);
        rest = rest[(sizeof(uint) + (int)length)..];
        return true;
    }
}
