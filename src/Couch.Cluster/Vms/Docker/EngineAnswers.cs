using Docker.DotNet;
using Microsoft.Net.Http.Client;

namespace Couch.Cluster.Vms.Docker;

/// <summary>
/// Limits how much of the engine's answers is read, by the kind of call. The library takes its handlers from its credentials, which
/// are empty here: a process that may connect to the engine's socket may do everything that the engine can do.
/// </summary>
internal sealed class EngineAnswers : AnonymousCredentials
{
    /// <summary>Answers that describe the engine, an image, a network or one sandbox.</summary>
    private const long Short = 1024 * 1024;

    /// <summary>All sandboxes: some 10,000.</summary>
    private const long List = 32 * Short;

    /// <summary>A guest writes it, and decides how long its last lines are.</summary>
    private const long Log = 64 * 1024;

    /// <summary>
    /// No proxy is used, whatever the environment says: an engine is on this machine, or has an address of its own.
    /// </summary>
    public override HttpMessageHandler GetHandler(HttpMessageHandler innerHandler)
    {
        if (innerHandler is ManagedHandler own)
            own.UseProxy = false;
        return new Bounding(innerHandler);
    }

    /// <summary>Null for an answer without an end: the events of sandboxes.</summary>
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
