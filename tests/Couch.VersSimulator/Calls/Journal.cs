using Couch.VersSimulator.Faults;

namespace Couch.VersSimulator.Calls;

/// <summary>Every call in the order they came; of very many, the last <see cref="Longest"/>.</summary>
public sealed class Journal(TimeProvider clock)
{
    public const int Longest = 100_000;

    private readonly Lock gate = new();
    private readonly Queue<JournalEntry> entries = [];

    public IReadOnlyList<JournalEntry> Entries
    {
        get { lock (gate) return [.. entries]; }
    }

    public int Count(Call call) => Entries.Count(entry => entry.Call == call);

    internal JournalEntry Begin(Call call, string method, string path)
    {
        lock (gate)
        {
            if (entries.Count == Longest)
                entries.Dequeue();
            var entry = new JournalEntry { At = clock.GetUtcNow(), Call = call, Method = method, Path = path };
            entries.Enqueue(entry);
            return entry;
        }
    }

    internal void End(JournalEntry entry, JournalOutcome outcome) => entry.Outcome = outcome with { At = clock.GetUtcNow() };
}

/// <summary>A call that came.</summary>
public sealed record JournalEntry
{
    private volatile JournalOutcome? outcome;
    private volatile int done;

    public required DateTimeOffset At { get; init; }

    public required Call Call { get; init; }

    public required string Method { get; init; }

    public required string Path { get; init; }

    /// <summary>The provider's own answer, from the moment it has done what was asked, whether or not it is sent; null before.</summary>
    public int? Done
    {
        get => done is 0 ? null : done;
        internal set => done = value ?? 0;
    }

    /// <summary>Null while the call is under way.</summary>
    public JournalOutcome? Outcome
    {
        get => outcome;
        internal set => outcome = value;
    }
}

/// <summary>How a call ended.</summary>
public sealed record JournalOutcome
{
    public DateTimeOffset At { get; init; }

    /// <summary>The VM it made or concerned.</summary>
    public Guid? Vm { get; init; }

    /// <summary>The guest that claims that VM, at the end of the call.</summary>
    public string? Guest { get; init; }

    /// <summary>What was done to the call.</summary>
    public Effect? Fault { get; init; }

    /// <summary>The provider's own answer; null where the call never got to it.</summary>
    public int? Done { get; init; }

    /// <summary>The answer that was sent; null where none was, or nobody was left to read it.</summary>
    public int? Replied { get; init; }
}
