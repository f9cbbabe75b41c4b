using Couch.VersSimulator.Calls;

namespace Couch.VersSimulator.Faults;

/// <summary>Which calls an effect is done to.</summary>
public sealed record FaultRule
{
    /// <summary>Default: any call that the effect can be done to.</summary>
    public Call Call { get; init; } = Call.Any;

    public required Effect Effect { get; init; }

    /// <summary>For each call on its own. Default 1; above 0.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>The rule is over when it has struck this often. Default: only when healed.</summary>
    public int? Times { get; init; }

    /// <summary>Null where the rule makes sense, else why not.</summary>
    internal string? WhyNot() =>
        Call is Call.Unknown ? "an unknown call cannot be broken"
        : Probability is not (> 0 and <= 1) ? "a probability is above 0 and at most 1"
        : Times < 1 ? "a rule strikes once at least"
        : Effect is null ? "an effect is needed"
        : Effect.WhyNot(Call);
}
