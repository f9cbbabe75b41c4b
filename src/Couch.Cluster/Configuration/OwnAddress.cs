using System.Net;
using System.Net.NetworkInformation;

namespace Couch.Cluster.Configuration;

/// <summary>Which of this machine's addresses an operator means: one by itself, or the one that lies in a network.</summary>
internal static class OwnAddress
{
    /// <summary>Null where <paramref name="text"/> is neither an address nor a network that this machine is in; then <paramref name="reason"/> says so.</summary>
    public static IPAddress? Read(string text, out string? reason)
    {
        reason = null;
        if (IPAddress.TryParse(text, out var address))
        {
            if (!address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
                return address;
            reason = "must be one address, by which others reach this machine: " + text + " is all of them";
            return null;
        }

        if (!IPNetwork.TryParse(text, out var network))
        {
            reason = $"must be an IP address, or a network like 10.0.0.0/24 that this machine is in, not '{text}'";
            return null;
        }

        var own = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Distinct()
            .ToList();
        var within = own.FindAll(network.Contains);
        if (within.Count == 1)
            return within[0];

        // Which of several is meant is not guessed: one of them may be the guests' network.
        reason = within.Count > 1
            ? $"names the network {text}, which several of this machine's addresses are in: say one of {string.Join(", ", within)}"
            : $"names the network {text}, which none of this machine's addresses is in: {string.Join(", ", own)}";
        return null;
    }
}
