using Docker.DotNet;
using Microsoft.Net.Http.Client;

namespace Couch.Cluster.Vms.Docker;

/// <summary>
/// Bounds what is read of the engine's answers, by what is asked for. The library takes its handlers from its credentials, of
/// which there are none here: who may reach the engine's socket may do all that it can.
/// </summary>
internal sealed class EngineAnswers : AnonymousCredentials
{
    /// <summary>What describes the engine, an image, a network or one sandbox.</summary>
    private const long Short = 1024 * 1024;

    /// <summary>All sandboxes: some 10,000.</summary>
    private const long List = 32 * Short;

    /// <summary>A guest writes it, and how long its last lines are is up to the guest.</summary>
    private const long Log = 64 * 1024;

    /// <summary>No proxy is asked, whatever the environment says: an engine is this machine's, or has an address of its own.</summary>
    public override HttpMessageHandler GetHandler(HttpMessageHandler innerHandler)
    {
        if (innerHandler is ManagedHandler own)
            own.UseProxy = false;
        return new Bounding(innerHandler);
    }

    /// <summary>Null where an answer has no end: what happens to sandboxes.</summary>
    private static long? Most(string path) =>
        path.EndsWith("/events", StringComparison.Ordinal) ? null
        : path.EndsWith("/logs", StringComparison.Ordinal) ? Log
        : path.EndsWith("/containers/json", StringComparison.Ordinal) ? List
        : Short;

    private sealed class Bounding(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // The library's own handler rewrites the address, so it is read first.
            var most = Most(request.RequestUri!.AbsolutePath);
            var reply = await base.SendAsync(request, cancellationToken);
            if (most is { } bound)
                reply.Content = new BoundedContent(reply.Content, bound);
            return reply;
        }
    }
}
