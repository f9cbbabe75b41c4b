using System.Net;

namespace Couch.Cluster.Vms.Vers;

/// <summary>
/// A body that calls a check each time it is sent, as the last step before sending. No request is complete without its body, so
/// when the check throws, the server has received no request.
/// </summary>
internal sealed class GuardedContent(byte[] body, Func<CancellationToken, Task> mayBeSent) : HttpContent
{
    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await mayBeSent(cancellationToken);
        await stream.WriteAsync(body, cancellationToken);
    }
}
