using System.Net;

namespace Couch.Cluster.Webhooks;

/// <summary>
/// Resolves receivers' names. On Linux a resolution blocks its thread until the resolver answers, which may take a minute, and cannot
/// be cancelled. So only a few run at once, on threads of their own: a name server that hangs must not take the threads on which the
/// node's lease is renewed.
/// </summary>
internal sealed class NameResolution : IDisposable
{
    private const int AtOnce = 8;

    private readonly SemaphoreSlim places = new(AtOnce);

    public async Task<IPAddress[]> Resolve(string host, CancellationToken cancel)
    {
        await places.WaitAsync(cancel);
        var resolving = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    return Dns.GetHostAddresses(host);
                }
                finally
                {
                    // The place is free once the thread is, whether or not the caller still waits.
                    places.Release();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return await resolving.WaitAsync(cancel);
    }

    public void Dispose() => places.Dispose();
}
