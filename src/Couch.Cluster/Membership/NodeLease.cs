namespace Couch.Cluster.Membership;

/// <summary>
/// Whether this process may answer from its grains' memory: only until a moment that no other node can overtake it before.
/// The moment is measured by a clock that goes on while the process stands still, so a process that wakes from a pause has no lease
/// until it has confirmed that it is still a member.
/// </summary>
public sealed class NodeLease
{
    /// <summary>How long a confirmation counts, from before it was asked for.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    private const long WithoutEnd = long.MaxValue;

    private readonly TimeProvider sinceBoot;
    private long until;

    /// <param name="sinceBoot">Counts through pauses. See <see cref="BootClock"/>.</param>
    internal NodeLease(TimeProvider sinceBoot) => this.sinceBoot = sinceBoot;

    /// <summary>Of a process whose grains no other can take: a single node on SQLite; or that has no grains: a gateway.</summary>
    public static NodeLease Unlimited { get; } = new(TimeProvider.System) { until = WithoutEnd };

    /// <summary>True where the lease has no end and is not renewed: <see cref="Unlimited"/>.</summary>
    public bool IsUnlimited => until is WithoutEnd;

    /// <summary>Whether grains of this process may answer now.</summary>
    public bool Holds => Volatile.Read(ref until) is var end && (end is WithoutEnd || sinceBoot.GetTimestamp() < end);

    /// <exception cref="NotConfirmedException">This process may not answer now.</exception>
    public void Demand()
    {
        if (!Holds)
            throw new NotConfirmedException("this node has not confirmed lately that it is still a member of the couch");
    }

    /// <summary>What to give to <see cref="Renew"/>: taken before the membership is asked.</summary>
    internal long Now => sinceBoot.GetTimestamp();

    /// <summary>The membership was confirmed by an answer to a question that was sent at or after <paramref name="asked"/>.</summary>
    internal void Renew(long asked) => Volatile.Write(ref until, asked + (long)(Duration.TotalSeconds * sinceBoot.TimestampFrequency));

    /// <summary>This process is no member any more.</summary>
    internal void End() => Volatile.Write(ref until, long.MinValue);
}
