using Couch.VersSimulator.Calls;

namespace Couch.VersSimulator.Faults;

/// <summary>
/// What goes wrong. Of several rules that match a call the oldest wins, and only it is used up. Each rule has its own
/// chance, from the account's seed and the rule's number, so a run of the same calls in the same order can be repeated.
/// </summary>
public sealed class FaultInjection(SimulatorOptions options)
{
    private readonly Lock gate = new();
    private readonly List<Live> rules = [];
    private int added;

    /// <summary>The rules there still are, with the times that are left.</summary>
    public IReadOnlyList<FaultRule> Rules
    {
        get { lock (gate) return [.. rules.Select(live => live.Rule with { Times = live.Left })]; }
    }

    /// <summary>Faults the next such call.</summary>
    public void Next(Call call, Effect effect) => Next(1, call, effect);

    /// <summary>Faults the next so many such calls.</summary>
    public void Next(int times, Call call, Effect effect) => Add(new() { Call = call, Effect = effect, Times = times });

    /// <summary>Faults every such call until healed.</summary>
    public void Always(Call call, Effect effect) => Add(new() { Call = call, Effect = effect });

    /// <summary>Faults each such call with a probability, until healed.</summary>
    public void Sometimes(double probability, Call call, Effect effect) =>
        Add(new() { Call = call, Effect = effect, Probability = probability });

    /// <summary>The provider is down: every connection breaks. Wins over every rule there is.</summary>
    public void Down() => Add(new() { Effect = new Effect.Drop() }, first: true);

    /// <summary>The key is refused, as when it was revoked. Wins over every rule there is.</summary>
    public void RefuseKey(int status = 401) => Add(new() { Effect = new Effect.Answer(status) }, first: true);

    /// <exception cref="ArgumentException">The rule makes no sense; the message says why.</exception>
    public void Add(FaultRule rule) => Add(rule, first: false);

    /// <summary>Drops every rule. Calls that are being broken already stay so.</summary>
    public void Heal()
    {
        lock (gate)
            rules.Clear();
    }

    /// <summary>The effect on this call, if any; the rule's chance comes with it.</summary>
    internal Strike? Choose(Call call)
    {
        lock (gate)
        {
            var live = rules.Find(live => live.Hits(call));
            if (live is { Left: { } left } && (live.Left = left - 1) is 0)
                rules.Remove(live);
            return live is null ? null : new(live.Rule.Effect, live.Chance);
        }
    }

    private void Add(FaultRule rule, bool first)
    {
        if (rule.WhyNot() is { } reason)
            throw new ArgumentException(reason, nameof(rule));
        lock (gate)
            rules.Insert(first ? 0 : rules.Count, new(rule, new Chance(options.Seed + added++)));
    }

    private sealed class Live(FaultRule rule, Chance chance)
    {
        public FaultRule Rule => rule;

        public Chance Chance => chance;

        public int? Left { get; set; } = rule.Times;

        public bool Hits(Call call) =>
            (rule.Call == call || rule.Call is Call.Any) && rule.Effect.WhyNot(call) is null && chance.Falls(rule.Probability);
    }
}

internal sealed record Strike(Effect Effect, Chance Chance);
