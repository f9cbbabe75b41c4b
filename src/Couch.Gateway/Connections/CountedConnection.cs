using System.IO.Pipelines;
using System.Net;
using Couch.Gateway.Access;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Couch.Gateway.Connections;

/// <summary>A client's connection, and the progress of its requests. Requests find it among their features.</summary>
internal sealed class CountedConnection : ConnectionContext
{
    /// <summary>How long a connection counts as one that is about to send something.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    private readonly ConnectionContext inner;
    private readonly Places places;
    private readonly TimeProvider clock;
    private readonly Lock progress = new();

    private int requests;
    private int receiving;
    private int waiting;
    private bool hasAsked;
    private long since;
    private bool? isOwn;

    public CountedConnection(ConnectionContext inner, Places places, TimeProvider clock)
    {
        (this.inner, this.places, this.clock, since) = (inner, places, clock, clock.GetTimestamp());
        Client = ClientAddress.Of((inner.RemoteEndPoint as IPEndPoint)?.Address);
        inner.Features.Set(this);
    }

    public ClientAddress Client { get; }

    /// <summary>Whether all ordinary places were taken when it came: then it may only serve a host or a health probe.</summary>
    public bool IsOnKeptPlace { get; set; }

    /// <summary>Whether it has been told to close.</summary>
    public bool IsLeaving { get; set; }

    public override string ConnectionId { get => inner.ConnectionId; set => inner.ConnectionId = value; }
    public override IFeatureCollection Features => inner.Features;
    public override IDictionary<object, object?> Items { get => inner.Items; set => inner.Items = value; }
    public override IDuplexPipe Transport { get => inner.Transport; set => inner.Transport = value; }
    public override CancellationToken ConnectionClosed { get => inner.ConnectionClosed; set => inner.ConnectionClosed = value; }
    public override EndPoint? LocalEndPoint { get => inner.LocalEndPoint; set => inner.LocalEndPoint = value; }
    public override EndPoint? RemoteEndPoint { get => inner.RemoteEndPoint; set => inner.RemoteEndPoint = value; }

    /// <summary>Null behind another kind of server.</summary>
    public static CountedConnection? Of(HttpContext context) => context.Features.Get<CountedConnection>();

    /// <summary>
    /// Whether the other end is a process of this one's user: asked once a connection, because its processes do not change.
    /// </summary>
    public bool IsOwn(Func<IPEndPoint?, IPEndPoint?, bool> ask) => isOwn ??= ask(RemoteEndPoint as IPEndPoint, LocalEndPoint as IPEndPoint);

    /// <summary>The header of a request is complete.</summary>
    public void Begin()
    {
        lock (progress)
        {
            requests++;
            hasAsked = true;
        }
    }

    public void End()
    {
        lock (progress)
        {
            requests--;
            since = clock.GetTimestamp();
        }

        places.Changed();
    }

    /// <summary>While the body of a request is received from a caller that is not a host, another connection may take its place.</summary>
    public void Receiving(bool isIt)
    {
        lock (progress)
        {
            receiving += isIt ? 1 : -1;
            since = clock.GetTimestamp();
        }

        places.Changed();
    }

    /// <summary>While a request only waits for news, another connection may take its place, but only after all others.</summary>
    public void Waiting(bool isIt)
    {
        lock (progress)
        {
            waiting += isIt ? 1 : -1;
            since = clock.GetTimestamp();
        }

        places.Changed();
    }

    /// <summary>How weak its claim to its place is, and since when; null: its place is not given to another.</summary>
    public (Claim Claim, long Since)? Yields(long now)
    {
        lock (progress)
        {
            if (requests > receiving + waiting)
                return null;
            var isYoung = clock.GetElapsedTime(since, now) < Settling;
            var claim = waiting > 0 ? Claim.Waiting
                : requests == 0 && hasAsked ? Claim.Idle
                : isYoung ? Claim.Young
                : requests == 0 ? Claim.Silent
                : Claim.Receiving;
            return (claim, since);
        }
    }

    /// <summary>Whether it has not sent the header of a request, for longer than <paramref name="bound"/>.</summary>
    public bool IsSilent(TimeSpan bound, long now)
    {
        lock (progress)
            return !hasAsked && clock.GetElapsedTime(since, now) > bound;
    }

    public override void Abort(ConnectionAbortedException abortReason) => inner.Abort(abortReason);

    public override void Abort() => inner.Abort();

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await inner.DisposeAsync();
        }
        finally
        {
            places.Remove(this);
            await base.DisposeAsync();
        }
    }
}

/// <summary>The claim of a connection to its place when places are few. The first value is the weakest.</summary>
internal enum Claim
{
    /// <summary>Has sent no request, or only a part of its header.</summary>
    Silent,

    /// <summary>Has been answered, and may send another request.</summary>
    Idle,

    /// <summary>Is sending the body of its request.</summary>
    Receiving,

    /// <summary>Came, or began to send a body, only a moment ago.</summary>
    Young,

    /// <summary>Waits for news of a stay.</summary>
    Waiting,
}
