using Microsoft.AspNetCore.Connections;

namespace Couch.Cluster.Transport;

/// <summary>
/// Middleware before and behind TLS on each connection: knows whether both sides have proven themselves, reports connections on
/// which they did not, and bounds how many may be in progress, so that silent connections cannot take all of this process's
/// descriptors.
/// </summary>
internal sealed class Handshakes(Refusals refusals)
{
    /// <summary>
    /// The most connections that are accepted and not yet proven. A newcomer beyond that takes the place of the oldest: a process of
    /// the couch needs its place for milliseconds, so silent connections do not keep it out.
    /// </summary>
    public const int MostUnderWay = 32;

    private readonly Lock gate = new();
    private readonly LinkedList<ConnectionContext> underWay = new();

    /// <summary>Before TLS, on a connection from another process to the port that <paramref name="port"/> names.</summary>
    public async Task Accept(ConnectionContext connection, string port, ConnectionDelegate next)
    {
        var proof = new Proof(Begin(connection));
        connection.Features.Set(proof);
        try
        {
            await next(connection);
        }
        finally
        {
            if (!proof.IsGiven)
            {
                End(proof);
                refusals.Caller(connection.RemoteEndPoint, port);
            }
        }
    }

    /// <summary>Before TLS, on a connection of this process to a silo.</summary>
    public async Task Call(ConnectionContext connection, ConnectionDelegate next)
    {
        var proof = new Proof(null);
        connection.Features.Set(proof);
        try
        {
            await next(connection);
        }
        finally
        {
            if (!proof.IsGiven)
                refusals.Called(connection.RemoteEndPoint);
        }
    }

    /// <summary>Behind TLS: both sides have proven themselves.</summary>
    public Task Proven(ConnectionContext connection, ConnectionDelegate next)
    {
        var proof = connection.Features.Get<Proof>()!;
        proof.IsGiven = true;
        if (proof.Place is null)
            refusals.CalledIsProven();
        else
            End(proof);
        return next(connection);
    }

    private LinkedListNode<ConnectionContext> Begin(ConnectionContext connection)
    {
        ConnectionContext? oldest = null;
        LinkedListNode<ConnectionContext> place;
        lock (gate)
        {
            place = underWay.AddLast(connection);
            if (underWay.Count > MostUnderWay)
            {
                oldest = underWay.First!.Value;
                underWay.RemoveFirst();
            }
        }

        oldest?.Abort();
        return place;
    }

    private void End(Proof proof)
    {
        lock (gate)
        {
            // Another connection may have its place by now.
            if (proof.Place!.List is not null)
                underWay.Remove(proof.Place);
        }
    }

    /// <param name="place">
    /// The place among the connections that are accepted and not yet proven; null on a connection that this process has made.
    /// </param>
    private sealed class Proof(LinkedListNode<ConnectionContext>? place)
    {
        public LinkedListNode<ConnectionContext>? Place => place;

        public bool IsGiven { get; set; }
    }
}
