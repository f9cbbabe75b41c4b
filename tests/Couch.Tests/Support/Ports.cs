using System.Globalization;
using System.Net;

namespace Couch.Tests.Support;

/// <summary>What a process listens on, as the kernel tells it.</summary>
internal static class Ports
{
    private const string Listening = "0A";

    /// <summary>Every address and port that the process <paramref name="id"/> listens on by TCP.</summary>
    public static IReadOnlySet<IPEndPoint> Of(int id)
    {
        var sockets = Directory.GetFiles($"/proc/{id}/fd").Select(Target).Where(target => target.StartsWith("socket:[",
            StringComparison.Ordinal)).ToHashSet();
        return new[] { "tcp", "tcp6" }
            .SelectMany(table => File.ReadLines($"/proc/{id}/net/{table}").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == Listening && sockets.Contains($"socket:[{fields[9]}]"))
            .Select(fields => Endpoint(fields[1]))
            .ToHashSet();
    }

    /// <summary>A descriptor may be closed while it is looked at.</summary>
    private static string Target(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>The kernel writes an address as words of four bytes in the machine's order.</summary>
    private static IPEndPoint Endpoint(string text)
    {
        var (address, port) = (text.Split(':')[0], text.Split(':')[1]);
        var bytes = Convert.FromHexString(address).Chunk(4).SelectMany(word => word.Reverse()).ToArray();
        return new(new IPAddress(bytes), int.Parse(port, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
