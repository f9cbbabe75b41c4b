using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Couch.Gateway.Access;

/// <summary>What counts as one client: an IPv4 address, or an IPv6 /64, which is what one household or one machine is given.</summary>
/// <param name="Key">The /64; an IPv4 address where IPv6 has no sender (ffff:ffff::/32).</param>
internal readonly record struct ClientAddress(ulong Key)
{
    private const ulong IsIPv4 = 0xFFFF_FFFF_0000_0000;

    public static ClientAddress Of(HttpContext context) => Of(context.Connection.RemoteIpAddress);

    /// <summary>A caller without an address, behind a Unix socket, is one client.</summary>
    public static ClientAddress Of(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out _))
            return default;
        if (address.AddressFamily is AddressFamily.InterNetwork)
            return new(IsIPv4 | BinaryPrimitives.ReadUInt32BigEndian(bytes));
        return new(address.IsIPv4MappedToIPv6
            ? IsIPv4 | BinaryPrimitives.ReadUInt32BigEndian(bytes[12..])
            : BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }
}
