namespace Couch.Cluster.Membership;

/// <summary>
/// Whether this process may answer from its activations: only until a moment before which no other node can take over its grains.
/// The moment is measured by a clock that goes on while the process is paused, so a process that resumes from a pause has no lease
/// until it has confirmed that it is still a member.
/// </summary>
public sealed class NodeLease
{
    /// <summary>How long a confirmation is valid, from before it was requested.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    private const long WithoutEnd = long.MaxValue;

    private readonly TimeProvider sinceBoot;
    private long until;

    /// <param name="sinceBoot">A clock that keeps counting during pauses. See <see cref="BootClock"/>.</param>
    internal NodeLease(TimeProvider sinceBoot) => this.sinceBoot = sinceBoot;

    /// <summary>
    /// The lease of a process whose grains no other process can take over (a single node on SQLite), or that has no grains (a
    /// gateway).
    /// </summary>
    public static NodeLease Unlimited { get; } = new(TimeProvider.System) { until = WithoutEnd };

    /// <summary>True when the lease has no end and is not renewed: <see cref="Unlimited"/>.</summary>
    public bool IsUnlimited => until is WithoutEnd;

    /// <summary>Whether grains of this process may answer now.</summary>
    public bool Holds => Volatile.Read(ref until) is var end && (end is WithoutEnd || sinceBoot.GetTimestamp() < end);

    /// <exception cref="NotConfirmedException">This process may not answer now.</exception>
    public void Demand()
    {
        if (!Holds)
            throw new NotConfirmedException("this node has not confirmed lately that it is still a member of the couch");
    }

    /// <summary>The timestamp for <see cref="Renew"/>, to be taken before the membership is asked.</summary>
    internal long Now => sinceBoot.GetTimestamp();

    /// <summary>
    /// Records that the membership was confirmed by the answer to a request that was sent at or after <paramref name="asked"/>.
    /// </summary>
    internal void Renew(long asked) => Volatile.Write(ref until, asked + (long)(Duration.TotalSeconds * sinceBoot.TimestampFrequency));

    /// <summary>Ends the lease: this process is no longer a member.</summary>
    internal void End() => Volatile.Write(ref until, long.MinValue);
}
