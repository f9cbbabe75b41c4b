namespace Couch.Tests.Fleets;

/// <summary>Counts what callers saw: answers, failed tries, and how long after each fault they went on failing.</summary>
internal sealed class Tally
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly Lock gate = new();
    private readonly List<Fault> faults = [];
    private readonly List<(DateTimeOffset At, Failure Kind, string What)> failures = [];
    private readonly List<TimeSpan> waits = [];

    public IReadOnlyList<Fault> Faults
    {
        get { lock (gate) return [.. faults]; }
    }

    public int Answers
    {
        get { lock (gate) return waits.Count; }
    }

    /// <summary>Something is done to the couch now, for as long as <paramref name="act"/> takes.</summary>
    public async Task Fault(Func<Task> act)
    {
        var began = Clock.GetUtcNow();
        lock (gate)
            faults.Add(new(began, began));
        await act();
        lock (gate)
            faults[^1] = new(began, Clock.GetUtcNow());
    }

    /// <param name="wait">From the first try on.</param>
    public void Answered(TimeSpan wait)
    {
        lock (gate)
            waits.Add(wait);
    }

    public void Failed(Failure kind, string what)
    {
        lock (gate)
            failures.Add((Clock.GetUtcNow(), kind, what));
    }

    public int Count(Failure kind)
    {
        lock (gate)
            return failures.Count(failure => failure.Kind == kind);
    }

    /// <summary>For each fault, how long after it the last try failed before the next fault; zero where none did.</summary>
    public IReadOnlyList<TimeSpan> FailingFor
    {
        get
        {
            lock (gate)
            {
                return [.. faults.Select((fault, index) =>
                {
                    var next = index + 1 < faults.Count ? faults[index + 1].From : DateTimeOffset.MaxValue;
                    return failures.Where(failure => failure.At >= fault.From
                        && failure.At < next).Select(failure => failure.At - fault.From).DefaultIfEmpty().Max();
                })];
            }
        }
    }

    /// <summary>Tries that failed before anything had been done to the couch.</summary>
    public int FailuresForNothing
    {
        get { lock (gate) return failures.Count(failure => faults.Count is 0 || failure.At < faults[0].From); }
    }

    public TimeSpan LongestWait
    {
        get { lock (gate) return waits.DefaultIfEmpty().Max(); }
    }

    public TimeSpan Wait(double share)
    {
        lock (gate)
            return waits.Count is 0 ? default : waits.Order().ElementAt((int)(share * (waits.Count - 1)));
    }

    /// <summary>What failed most, for whoever looks for the reason.</summary>
    public string Summary
    {
        get
        {
            lock (gate)
                return string.Join(", ", failures.GroupBy(failure => (failure.What, failure.Kind)).OrderByDescending(group => group.Count())
                    .Take(8).Select(group => $"{group.Key.What} {group.Key.Kind} {group.Count()}"));
        }
    }
}

/// <summary>Something was done to the couch, from then to then.</summary>
internal sealed record Fault(DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>Counters are written within a second, and a write takes its time.</summary>
    private static readonly TimeSpan UsageLag = TimeSpan.FromSeconds(2);

    /// <summary>Whether usage acknowledged at that moment may be lost by this.</summary>
    public bool Excuses(DateTimeOffset acknowledged) => acknowledged > From - UsageLag && acknowledged < To;
}
