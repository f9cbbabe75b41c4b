namespace Couch.Gateway.Access;

/// <summary>
/// Counts what each client address does in a minute, in a table of fixed size: it never grows, however many addresses there are. If an
/// address comes to a full set of the table, the address of the set with the lowest count is removed, and is counted anew when it returns.
/// A flood of addresses therefore makes the table forget addresses that do little, which are let in as before, and keep those that do much.
/// </summary>
/// <param name="sets">How many sets of <see cref="Ways"/> entries there are, a power of two: <see cref="DefaultSets"/> are 3 MB.</param>
internal sealed class AddressCounts(TimeProvider clock, int sets = AddressCounts.DefaultSets)
{
    /// <summary>131,072 addresses in a minute.</summary>
    public const int DefaultSets = 16_384;

    private const int Ways = 8;
    private const int Locks = 256;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Entry[] entries = new Entry[sets * Ways];
    private readonly Lock[] locks = [.. Enumerable.Range(0, Locks).Select(_ => new Lock())];

    /// <summary>Counts one more of <paramref name="client"/>, unless it has had <paramref name="most"/> in its minute.</summary>
    /// <param name="wait">How long until its next minute begins, where it is refused.</param>
    public bool TryCount(ClientAddress client, int most, out TimeSpan wait)
    {
        var now = clock.GetTimestamp();
        // Each process has its own seed, so that an outsider cannot tell which addresses share a set.
        var set = (int)((uint)HashCode.Combine(client.Key) & (uint)(sets - 1));
        lock (locks[set % Locks])
        {
            ref var entry = ref Find(entries.AsSpan(set * Ways, Ways), client.Key, now);
            if (entry.Count >= most)
            {
                wait = clock.GetElapsedTime(now, entry.Ends);
                return false;
            }

            entry.Count++;
            wait = default;
            return true;
        }
    }

    private ref Entry Find(Span<Entry> set, ulong key, long now)
    {
        var least = 0;
        for (var i = 0; i < set.Length; i++)
        {
            if (set[i].Ends <= now)
                set[i] = default;
            else if (set[i].Key == key)
                return ref set[i];
            if (set[i].Count < set[least].Count)
                least = i;
        }

        set[least] = new() { Key = key, Ends = now + (long)(Window.TotalSeconds * clock.TimestampFrequency) };
        return ref set[least];
    }

    private struct Entry
    {
        public ulong Key;
        public long Ends;
        public int Count;
    }
}
