using System.Net;
using System.Net.Sockets;

namespace Couch.Gateway.Access;

/// <summary>What counts as one client: an IPv4 address, or an IPv6 /64, which is what one household or one machine is given.</summary>
internal static class ClientAddress
{
    public static IPAddress Of(HttpContext context) => context.Connection.RemoteIpAddress switch
    {
        null => IPAddress.None,
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4(),
        { AddressFamily: AddressFamily.InterNetworkV6 } address => Network64(address),
        var address => address,
    };

    private static IPAddress Network64(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}
