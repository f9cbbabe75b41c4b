using Couch.Tests.Support;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;

namespace Couch.Tests.Vms;

/// <summary>
/// A moment of a VM's life: a call has come to the provider and is held there, before the provider does it or after.
/// </summary>
internal sealed record Step(string Name, Call Call, bool IsDone = false, int Nth = 1)
{
    /// <summary>From the guest's arrival until it runs, for a guest with a public key.</summary>
    public static IReadOnlyList<Step> Provisioning { get; } =
    [
        new("create sent", Call.Create),
        new("create done", Call.Create, IsDone: true),
        new("claim sent", Call.Label),
        new("claim done", Call.Label, IsDone: true),
        new("looked at", Call.Status),
        new("disk sent", Call.Disk),
        new("disk done", Call.Disk, IsDone: true),
        new("keys read", Call.Files),
        new("key sent", Call.Files, Nth: 2),
        new("key written", Call.Files, IsDone: true, Nth: 2),
    ];

    /// <summary>From the guest's end until the receipt, for a guest whose VM is known.</summary>
    public static IReadOnlyList<Step> Destruction { get; } =
    [
        new("destroy sent", Call.Destroy),
        new("destroy done", Call.Destroy, IsDone: true),
        new("absence asked", Call.List),
        new("absence confirmed", Call.List, IsDone: true),
    ];

    /// <summary>Where an attempt failed, the next one looks before it makes.</summary>
    public static Step Retry { get; } = new("claims looked for", Call.List);

    public static Step Named(string name) => Provisioning.Concat(Destruction).Single(step => step.Name == name);

    /// <summary>From now on the provider holds the call for a time, and then goes on as if nothing had been.</summary>
    /// <returns>Ends once the provider holds it. Asked again, it says whether that is still so.</returns>
    public Func<Task> Hold(SimulatedVers vers, TimeSpan time)
    {
        var before = vers.Journal.Count(Call);
        if (Nth > 1)
            vers.Faults.Next(Nth - 1, Call, new Effect.AnswerLate(TimeSpan.Zero));
        vers.Faults.Next(Call, IsDone ? new Effect.AnswerLate(time) : new Effect.DoLate(time));
        return () => Until.True(() => Task.FromResult(IsHeld()), TimeSpan.FromSeconds(30), Name);

        bool IsHeld() => vers.Journal.Entries.Where(entry => entry.Call == Call)
            .ElementAtOrDefault(before + Nth - 1) is { Outcome: null } entry
            && (!IsDone || entry.Done is not null);
    }
}
