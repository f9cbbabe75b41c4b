using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Couch.Cluster.Configuration;

/// <summary>Which of this machine's addresses an operator means: one by itself, or the one that lies in a network.</summary>
internal static class OwnAddress
{
    /// <summary>
    /// Null when <paramref name="text"/> is neither an address nor a network that this machine is in; then
    /// <paramref name="reason"/> is given.
    /// </summary>
    public static IPAddress? Read(string text, out string? reason)
    {
        reason = null;
        if (IPAddress.TryParse(text, out var address))
        {
            reason = WhyNot(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
            return reason is null ? address : null;
        }

        if (!IPNetwork.TryParse(text, out var network))
        {
            reason = $"must be an IP address, or a network like 10.0.0.0/24 that this machine is in, not '{text}'";
            return null;
        }

        var own = OfThisMachine();
        var within = own.FindAll(network.Contains);
        if (within.Count == 1)
            return within[0];

        // When several addresses match, none is guessed: one of them may be the guests' network.
        reason = within.Count > 1
            ? $"names the network {text}, which several of this machine's addresses are in: say one of {string.Join(", ", within)}"
            : $"names the network {text}, which none of this machine's addresses is in: {string.Join(", ", own)}";
        return null;
    }

    private static string? WhyNot(IPAddress address)
    {
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            return $"must be one address, by which others reach this machine: {address} is all of them";
        if (address.Equals(IPAddress.Broadcast) || address.IsIPv6Multicast
            || (address.AddressFamily is AddressFamily.InterNetwork && address.GetAddressBytes()[0] is >= 224 and < 240))
            return $"must be one address, by which others reach this machine: {address} is that of many";
        if (address is { IsIPv6LinkLocal: true, ScopeId: 0 })
            return $"is {address}, which means another machine on each link: say on which, as in {address}%eth0, or another address";
        var own = OfThisMachine();
        return IPAddress.IsLoopback(address) || own.Contains(address)
            ? null
            : $"must be an address of this machine's, which {address} is not: {string.Join(", ", own)}";
    }

    private static List<IPAddress> OfThisMachine() =>
        [.. NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Distinct()];
}
