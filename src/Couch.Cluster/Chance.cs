using System.Security.Cryptography;

namespace Couch.Cluster;

internal static class Chance
{
    /// <summary>Any number from 0 up to 1.</summary>
    public static double Share(this RandomNumberGenerator chance)
    {
        Span<byte> bytes = stackalloc byte[4];
        chance.GetBytes(bytes);
        return BitConverter.ToUInt32(bytes) / (uint.MaxValue + 1.0);
    }
}
