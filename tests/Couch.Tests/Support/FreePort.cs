using System.Net;
using System.Net.Sockets;

namespace Couch.Tests.Support;

/// <summary>
/// Ports for programs that are told theirs and take them a moment later. They are below those that a system gives to whoever
/// asks for any: there, each connection that somebody opens meanwhile may take one.
/// </summary>
internal static class FreePort
{
    private const int First = 12_000;
    private const int Count = 18_000;

    // Test runs beside this one begin elsewhere.
    private static int last = Environment.ProcessId * 97;

    /// <summary>Ports nobody listens on now, of which none has been given here before.</summary>
    public static int[] Find(int count) => [.. Candidates().Where(IsFree).Take(count)];

    private static IEnumerable<int> Candidates()
    {
        while (true)
            yield return First + ((Interlocked.Increment(ref last) & int.MaxValue) % Count);
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Any, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
