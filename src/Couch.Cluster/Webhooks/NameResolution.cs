using System.Net;

namespace Couch.Cluster.Webhooks;

/// <summary>
/// Resolves receivers' names. On Linux a resolution blocks its thread until the resolver answers, which may take a minute, and cannot
/// be cancelled. So each runs on a thread of its own: a name server that hangs must not take the threads on which the node's lease is
/// renewed, nor a place that another name waits for. A host has one resolution at a time, which all who ask share, so there are as many
/// threads at most as there are hosts.
/// </summary>
/// <param name="lookUp">Blocks until it has the addresses of a host.</param>
internal sealed class NameResolution(Func<string, IPAddress[]> lookUp)
{
    private readonly Dictionary<string, Task<IPAddress[]>> pending = new(StringComparer.OrdinalIgnoreCase);

    public Task<IPAddress[]> Resolve(string host, CancellationToken cancel)
    {
        lock (pending)
        {
            if (!pending.TryGetValue(host, out var resolving))
            {
                resolving = Task.Factory.StartNew(
                    () => LookUp(host), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                pending.Add(host, resolving);
            }

            return resolving.WaitAsync(cancel);
        }
    }

    private IPAddress[] LookUp(string host)
    {
        try
        {
            return lookUp(host);
        }
        finally
        {
            lock (pending)
                pending.Remove(host);
        }
    }
}
