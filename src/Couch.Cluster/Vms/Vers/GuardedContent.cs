using System.Net;

namespace Couch.Cluster.Vms.Vers;

/// <summary>
/// A body that asks, each time it is sent and as the last thing before it is, whether it may be. No request is whole
/// without its body, so where the answer is an exception the server has been asked for nothing.
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
