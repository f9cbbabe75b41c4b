using System.Collections.Concurrent;
using System.Net;
using Couch.Cluster.Telemetry;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Transport;

/// <summary>
/// Logs which connections this process refused, in one line: Orleans would log each as a stack trace. A line comes at most every
/// ten seconds, with the number of refusals since the last one, so that a stranger cannot fill the log. All are counted
/// (<c>couch.node.refused</c>).
/// </summary>
internal sealed partial class Refusals(TimeProvider clock, CouchMeter meter, ILogger<Refusals> log)
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    // A line a port: a stranger at one must not hide a stranger at the other.
    private readonly ConcurrentDictionary<string, Line> callers = new();
    private readonly Line called = new();

    /// <summary>
    /// Why the last connection to a silo failed, in a sentence; null when none failed, or one has been proven since.
    /// </summary>
    public string? OfCalled { get; private set; }

    /// <summary>A process connected and did not prove itself.</summary>
    /// <param name="port">Which port, in words.</param>
    public void Caller(EndPoint? from, string port)
    {
        meter.NodeRefused();
        if (IsDue(callers.GetOrAdd(port, _ => new()), out var unsaid))
            LogCaller(from, port, unsaid);
    }

    /// <summary>A silo that this process called did not prove itself, or did not accept this process.</summary>
    public void Called(EndPoint? at)
    {
        OfCalled = $"The silo at {at} broke the connection off, or it and this process share no signing key (COUCH_SIGNING_KEY).";
        meter.NodeRefused();
        if (IsDue(called, out var unsaid))
            LogCalled(at, unsaid);
    }

    /// <summary>A silo that this process called has proven itself.</summary>
    public void CalledIsProven() => OfCalled = null;

    private bool IsDue(Line line, out long unsaid)
    {
        lock (gate)
        {
            unsaid = line.Unsaid;
            if (line.Last is { } last && clock.GetElapsedTime(last) < BetweenLines)
            {
                line.Unsaid++;
                return false;
            }

            line.Last = clock.GetTimestamp();
            line.Unsaid = 0;
            return true;
        }
    }

    [LoggerMessage(220, LogLevel.Warning,
        "A connection from {From} to the {Port} port was refused: it did not prove that it holds a signing key of this couch. {Unsaid} "
            + "more were refused since the last such line")]
    private partial void LogCaller(EndPoint? from, string port, long unsaid);

    [LoggerMessage(221, LogLevel.Warning,
        "The connection to the silo at {At} came to nothing: the silo broke it off, or it and this process share no signing key "
            + "(COUCH_SIGNING_KEY). {Unsaid} more came to nothing since the last such line")]
    private partial void LogCalled(EndPoint? at, long unsaid);

    private sealed class Line
    {
        public long? Last { get; set; }

        public long Unsaid { get; set; }
    }
}
