using Couch.Cluster.Keys;
using Couch.Domain.Keys;

namespace Couch.Gateway.Access;

/// <summary>
/// Host keys as the table had them at most a second ago. It is for open streams alone: each asks every 15 seconds whether its key is
/// still good, and all streams of one key share a read. A request is let in by a read of its own.
/// </summary>
internal sealed class SharedKeyReads(HostKeys keys, TimeProvider clock)
{
    private static readonly TimeSpan OldestRead = TimeSpan.FromSeconds(1);

    private readonly Dictionary<HostKeyId, Read> reads = [];

    /// <inheritdoc cref="HostKeys.Find"/>
    public Task<HostKey?> Find(HostKeyId id, CancellationToken cancel)
    {
        lock (reads)
        {
            if (!reads.TryGetValue(id, out var read) || IsOld(read))
            {
                foreach (var (other, _) in reads.Where(one => IsOld(one.Value)))
                    reads.Remove(other);
                // Nobody's request ends it for the others.
                reads[id] = read = new(clock.GetTimestamp(), Task.Run(() => keys.Find(id, CancellationToken.None), CancellationToken.None));
            }

            return read.Key.WaitAsync(cancel);
        }
    }

    private bool IsOld(Read read) => clock.GetElapsedTime(read.Begun) >= OldestRead;

    private sealed record Read(long Begun, Task<HostKey?> Key);
}
