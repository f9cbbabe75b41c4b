using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Couch.Gateway.Access;

/// <summary>
/// Finds the user whose process is at the other end of a connection over loopback. The Linux kernel tells it; on other systems it is
/// unknown.
/// </summary>
internal static class LoopbackPeer
{
    private const string Root = "0";

    // A row of /proc/net/tcp: "sl local remote st queues timer retransmits uid timeout inode …"
    private const int Local = 1;
    private const int Remote = 2;
    private const int User = 7;
    private const int Inode = 9;

    /// <summary>
    /// Whether the other end belongs to the couch's own user or to root; true where the kernel does not tell. A socket that its process has
    /// released is listed as root's, and counts as no user's.
    /// </summary>
    public static bool IsOwn(IPEndPoint? peer, IPEndPoint? own)
    {
        if (peer is null || own is null)
            return false;
        try
        {
            return UserOf(peer, own) is { } user && (user == Root || user == OwnUser());
        }
        catch (Exception unreadable) when (unreadable is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>Null where no process holds such a socket.</summary>
    private static string? UserOf(IPEndPoint peer, IPEndPoint own)
    {
        // An IPv6 socket may carry IPv4, and is then listed in the other table.
        var tables = peer.AddressFamily is AddressFamily.InterNetworkV6 && !peer.Address.IsIPv4MappedToIPv6
            ? new[] { ("/proc/self/net/tcp6", (Func<IPAddress, IPAddress>)(address => address)) }
            : [("/proc/self/net/tcp", Unmapped), ("/proc/self/net/tcp6", address => Unmapped(address).MapToIPv6())];
        foreach (var (table, spelled) in tables)
        {
            var (local, remote) = (Spell(spelled(peer.Address), peer.Port), Spell(spelled(own.Address), own.Port));
            foreach (var row in File.ReadLines(table))
            {
                // Most rows belong to other connections.
                if (!row.Contains(local, StringComparison.Ordinal))
                    continue;
                var columns = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (columns.Length > Inode && columns[Local] == local && columns[Remote] == remote && columns[Inode] != "0")
                    return columns[User];
            }
        }

        return null;
    }

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>Formats an address as the kernel does: each four bytes as a number in this machine's byte order, in hexadecimal.</summary>
    private static string Spell(IPAddress address, int port) =>
        string.Concat(MemoryMarshal.Cast<byte, uint>(address.GetAddressBytes()).ToArray().Select(four => $"{four:X8}")) + $":{port:X4}";

    /// <summary>The user whose rights this process has.</summary>
    private static string OwnUser() =>
        File.ReadLines("/proc/self/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2];
}
