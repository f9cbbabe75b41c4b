using Microsoft.AspNetCore.Connections;

namespace Couch.Cluster.Transport;

/// <summary>
/// Stands before and behind TLS on each connection: knows whether both sides have proven themselves, tells of connections where
/// they did not, and bounds how many may be under way, so that silent connections cannot take all of this process's descriptors.
/// </summary>
internal sealed class Handshakes(Refusals refusals)
{
    /// <summary>The most connections that are accepted and not yet proven; each has <see cref="NodeIdentity.HandshakeBound"/>.</summary>
    public const int MostUnderWay = 128;

    private int underWay;

    /// <summary>Before TLS, on a connection from another process to the port that <paramref name="port"/> names.</summary>
    public async Task Accept(ConnectionContext connection, string port, ConnectionDelegate next)
    {
        var proof = new Proof { IsAccepted = true };
        connection.Features.Set(proof);
        try
        {
            if (Interlocked.Increment(ref underWay) <= MostUnderWay)
                await next(connection);
        }
        finally
        {
            if (!proof.IsGiven)
            {
                Interlocked.Decrement(ref underWay);
                refusals.Caller(connection.RemoteEndPoint, port);
            }
        }
    }

    /// <summary>Before TLS, on a connection of this process to a silo.</summary>
    public async Task Call(ConnectionContext connection, ConnectionDelegate next)
    {
        var proof = new Proof();
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
        if (proof.IsAccepted)
            Interlocked.Decrement(ref underWay);
        else
            refusals.CalledIsProven();
        return next(connection);
    }

    private sealed class Proof
    {
        public bool IsAccepted { get; init; }

        public bool IsGiven { get; set; }
    }
}
