using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using CsCheck;

namespace Couch.Tests.Vms;

/// <summary>Something that people, the provider or the machine do. A guest is named by any number: of those there are, it is one.</summary>
internal abstract record GuestAction
{
    private GuestAction() { }

    public sealed record Redeem(int Minutes, bool HasKey) : GuestAction;

    public sealed record Kill(int Guest) : GuestAction;

    public sealed record CheckOut(int Guest) : GuestAction;

    public sealed record Extend(int Guest, int Minutes) : GuestAction;

    /// <summary>Its time is up, and so is that of everybody whose time is up before.</summary>
    public sealed record Expire(int Guest) : GuestAction;

    public sealed record Use(int Guest, int Tokens) : GuestAction;

    /// <summary>A host gives it a VM by hand.</summary>
    public sealed record Activate(int Guest) : GuestAction;

    public sealed record FaultOn(string Fault) : GuestAction;

    public sealed record FaultsOff : GuestAction;

    public sealed record Restart : GuestAction;

    public sealed record Advance(TimeSpan Time) : GuestAction;

    /// <summary>Lets things go on until the provider has had so many calls more.</summary>
    public sealed record Await(int Calls) : GuestAction;

    /// <summary>
    /// What the provider can do wrong. Not among it: lists that lie, under which a second VM cannot be helped (VmSweepTests),
    /// and labels that come after their caller has given up (VmCrashTests).
    /// </summary>
    public static IReadOnlyDictionary<string, Action<FaultInjection>> Faults { get; } = new Dictionary<string, Action<FaultInjection>>
    {
        ["down"] = faults => faults.Down(),
        ["key refused"] = faults => faults.RefuseKey(),
        ["failing"] = faults => faults.Always(Call.Any, new Effect.Answer(500)),
        ["flaky"] = faults => faults.Sometimes(0.4, Call.Any, new Effect.Answer(503)),
        ["replies lost"] = faults => faults.Sometimes(0.4, Call.Any, new Effect.LoseReply()),
        ["failing when done"] = faults => faults.Sometimes(0.4, Call.Any, new Effect.DoThenAnswer()),
        ["throttling"] = faults => faults.Always(Call.Any, Effect.TooMany(TimeSpan.FromSeconds(7))),
        ["creates hang"] = faults => faults.Always(Call.Create, new Effect.Hang()),
        ["creates late"] = faults => faults.Always(Call.Create, new Effect.DoLate(TimeSpan.FromSeconds(30))),
        ["creates too late"] = faults => faults.Always(Call.Create, new Effect.DoLate(TimeSpan.FromSeconds(90))),
        ["creates' replies lost"] = faults => faults.Next(2, Call.Create, new Effect.LoseReply()),
        ["labels fail"] = faults => faults.Always(Call.Label, new Effect.Answer(500)),
        ["labels' replies lost"] = faults => faults.Always(Call.Label, new Effect.LoseReply()),
        ["labels hang"] = faults => faults.Always(Call.Label, new Effect.Hang()),
        ["looks hang"] = faults => faults.Always(Call.Status, new Effect.Hang()),
        ["lists fail"] = faults => faults.Always(Call.List, new Effect.Answer(500)),
        ["lists hang"] = faults => faults.Always(Call.List, new Effect.Hang()),
        ["disks hang"] = faults => faults.Always(Call.Disk, new Effect.Hang()),
        ["files fail"] = faults => faults.Always(Call.Files, new Effect.Answer(503)),
        ["destroys hang"] = faults => faults.Always(Call.Destroy, new Effect.Hang()),
        ["destroys too late"] = faults => faults.Always(Call.Destroy, new Effect.DoLate(TimeSpan.FromSeconds(90))),
        ["destroys' replies lost"] = faults => faults.Always(Call.Destroy, new Effect.LoseReply()),
        ["a VM dies"] = faults => faults.Next(Call.Create, new Effect.Die(TimeSpan.FromSeconds(10))),
        ["a VM vanishes"] = faults => faults.Next(Call.Create, new Effect.Vanish(TimeSpan.FromSeconds(10))),
    };

    public static Gen<GuestAction> Any { get; } = Gen.Frequency(
        (6, Gen.Select(Gen.Int[1, 300], Gen.Bool, (minutes, hasKey) => (GuestAction)new Redeem(minutes, hasKey))),
        (3, OfGuest(guest => new Kill(guest))),
        (1, OfGuest(guest => new CheckOut(guest))),
        (1, Gen.Select(Gen.Int[0, 9], Gen.Int[1, 120], (guest, minutes) => (GuestAction)new Extend(guest, minutes))),
        (2, OfGuest(guest => new Expire(guest))),
        (2, Gen.Select(Gen.Int[0, 9], Gen.Int[0, 15], (guest, tokens) => (GuestAction)new Use(guest, tokens))),
        (1, OfGuest(guest => new Activate(guest))),
        (5, OneOf([.. Faults.Keys]).Select(fault => (GuestAction)new FaultOn(fault))),
        (3, Gen.Const((GuestAction)new FaultsOff())),
        (1, Gen.Const((GuestAction)new Restart())),
        (3, OneOf([1, 3, 20, 61, 100]).Select(seconds => (GuestAction)new Advance(TimeSpan.FromSeconds(seconds)))),
        (4, Gen.Int[1, 6].Select(calls => (GuestAction)new Await(calls))));

    private static Gen<GuestAction> OfGuest(Func<int, GuestAction> move) => Gen.Int[0, 9].Select(move);

    private static Gen<T> OneOf<T>(T[] values) => Gen.Int[0, values.Length - 1].Select(number => values[number]);
}
