using System.Net;
using System.Net.Sockets;

namespace Couch.Cluster.Webhooks;

/// <summary>
/// Decides which addresses are public. A webhook must not reach what is behind the couch's own firewall: this machine, its private
/// network, a cloud's metadata service.
/// </summary>
internal static class PublicAddresses
{
    // RFC 6890 and its registry: addresses that are not forwarded on the internet, and multicast.
    private static readonly IPNetwork[] NotPublic4 =
    [
        Net("0.0.0.0/8"), Net("10.0.0.0/8"), Net("100.64.0.0/10"), Net("127.0.0.0/8"), Net("169.254.0.0/16"), Net("172.16.0.0/12"),
        Net("192.0.0.0/24"), Net("192.0.2.0/24"), Net("192.88.99.0/24"), Net("192.168.0.0/16"), Net("198.18.0.0/15"),
        Net("198.51.100.0/24"), Net("203.0.113.0/24"), Net("224.0.0.0/4"), Net("240.0.0.0/4"),
        // Azure's metadata service, which looks public.
        Net("168.63.129.16/32"),
    ];

    private static readonly IPNetwork GlobalUnicast = Net("2000::/3");

    // Parts of it: protocol assignments, which include Teredo, and documentation.
    private static readonly IPNetwork[] NotPublic6 = [Net("2001::/23"), Net("2001:db8::/32"), Net("3fff::/20")];

    private static readonly IPNetwork SixToFour = Net("2002::/16");
    private static readonly IPNetwork Nat64 = Net("64:ff9b::/96");

    /// <summary>Whether the address is public. An IPv6 address that contains an IPv4 address is public if that one is.</summary>
    public static bool Has(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily is AddressFamily.InterNetwork)
            return !NotPublic4.Any(network => network.Contains(address));
        if (address.AddressFamily is not AddressFamily.InterNetworkV6)
            return false;

        var bytes = address.GetAddressBytes();
        if (Nat64.Contains(address))
            return Has(new IPAddress(bytes.AsSpan(12)));
        if (!GlobalUnicast.Contains(address) || NotPublic6.Any(network => network.Contains(address)))
            return false;
        if (SixToFour.Contains(address))
            return Has(new IPAddress(bytes.AsSpan(2, 4)));
        // ISATAP: the last four bytes are an IPv4 address.
        return bytes is not [_, _, _, _, _, _, _, _, 0x00 or 0x02, 0x00, 0x5e, 0xfe, ..] || Has(new IPAddress(bytes.AsSpan(12)));
    }

    private static IPNetwork Net(string text) => IPNetwork.Parse(text);
}
