using System.Security.Cryptography;

namespace Couch.Cluster;

internal static class RandomFraction
{
    /// <summary>Any number from 0 up to 1.</summary>
    public static double NextFraction(this RandomNumberGenerator random)
    {
        Span<byte> bytes = stackalloc byte[4];
        random.GetBytes(bytes);
        return BitConverter.ToUInt32(bytes) / (uint.MaxValue + 1.0);
    }
}
