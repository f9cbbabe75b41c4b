using System.Text.Json.Serialization;
using Couch.VersSimulator.Calls;

namespace Couch.VersSimulator.Faults;

/// <summary>What can be done to a call. In JSON the word is <c>do</c>, and every time is a number of seconds.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(Answer), "answer")]
[JsonDerivedType(typeof(Drop), "drop")]
[JsonDerivedType(typeof(Hang), "hang")]
[JsonDerivedType(typeof(LoseReply), "lose_reply")]
[JsonDerivedType(typeof(DoThenAnswer), "do_then_answer")]
[JsonDerivedType(typeof(DoLate), "do_late")]
[JsonDerivedType(typeof(AnswerLate), "answer_late")]
[JsonDerivedType(typeof(EmptyList), "empty_list")]
[JsonDerivedType(typeof(PartialList), "partial_list")]
[JsonDerivedType(typeof(StaleList), "stale_list")]
[JsonDerivedType(typeof(EmptyReply), "empty_reply")]
[JsonDerivedType(typeof(Die), "die")]
[JsonDerivedType(typeof(Vanish), "vanish")]
public abstract record Effect
{
    private const int LeastError = 400;
    private const int MostError = 599;

    /// <summary>A timer takes no more.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private Effect()
    {
    }

    /// <summary>429 with Retry-After.</summary>
    public static Effect TooMany(TimeSpan retryAfter) => new Answer(429, retryAfter);

    /// <summary>Null where the effect can be done to that call, else why not.</summary>
    internal virtual string? WhyNot(Call call) => null;

    private static string? WhyNot(TimeSpan? time) =>
        time is null || (time >= TimeSpan.Zero && time <= Longest) ? null : "a time is at most a day, and not negative";

    private static string? WhyNot(int status) =>
        status is >= LeastError and <= MostError ? null : $"a status is from {LeastError} to {MostError}";

    private static string? OnlyA(Call call, Func<Call, bool> fits) =>
        call is Call.Any || fits(call) ? null : $"that cannot be done to a {call.ToString().ToLowerInvariant()}";

    /// <summary>Answers an error at once; the provider does nothing. 502, 503 and 504 are HTML, as proxies say them.</summary>
    public sealed record Answer(int Status, TimeSpan? RetryAfter = null) : Effect
    {
        internal override string? WhyNot(Call call) => WhyNot(Status) ?? WhyNot(RetryAfter);
    }

    /// <summary>Breaks the connection; the provider does nothing.</summary>
    public sealed record Drop : Effect;

    /// <summary>Says nothing and does nothing until the caller goes away, or for a time, after which the connection breaks.</summary>
    public sealed record Hang(TimeSpan? For = null) : Effect
    {
        internal override string? WhyNot(Call call) => WhyNot(For);
    }

    /// <summary>Does it, then breaks the connection instead of answering.</summary>
    public sealed record LoseReply : Effect;

    /// <summary>Does it, then answers an error all the same.</summary>
    public sealed record DoThenAnswer(int Status = 500) : Effect
    {
        internal override string? WhyNot(Call call) => WhyNot(Status);
    }

    /// <summary>Does it after a time, whether or not the caller is still there, and answers if so.</summary>
    public sealed record DoLate(TimeSpan After) : Effect
    {
        internal override string? WhyNot(Call call) => WhyNot(After);
    }

    /// <summary>Does it at once, and answers after a time if the caller is still there.</summary>
    public sealed record AnswerLate(TimeSpan After) : Effect
    {
        internal override string? WhyNot(Call call) => WhyNot(After);
    }

    /// <summary>Lists nothing.</summary>
    public sealed record EmptyList : Effect
    {
        internal override string? WhyNot(Call call) => OnlyA(call, one => one is Call.List);
    }

    /// <summary>Lists each VM with this probability.</summary>
    public sealed record PartialList(double Share = 0.5) : Effect
    {
        internal override string? WhyNot(Call call) =>
            Share is >= 0 and <= 1 ? OnlyA(call, one => one is Call.List) : "a share is from 0 to 1";
    }

    /// <summary>Lists what there was so long ago: VMs and labels that have come since are not shown, and what has gone is.</summary>
    public sealed record StaleList(TimeSpan By) : Effect
    {
        internal override string? WhyNot(Call call) => WhyNot(By) ?? OnlyA(call, one => one is Call.List);
    }

    /// <summary>Does it, then answers a success that says nothing.</summary>
    public sealed record EmptyReply : Effect;

    /// <summary>Does it; a time later the VM it made or concerned is dead.</summary>
    public sealed record Die(TimeSpan After = default) : Effect
    {
        internal override string? WhyNot(Call call) => WhyNot(After) ?? OnlyA(call, one => one is not Call.List);
    }

    /// <summary>Does it; a time later the VM it made or concerned is gone.</summary>
    public sealed record Vanish(TimeSpan After = default) : Effect
    {
        internal override string? WhyNot(Call call) => WhyNot(After) ?? OnlyA(call, one => one is not Call.List);
    }
}
