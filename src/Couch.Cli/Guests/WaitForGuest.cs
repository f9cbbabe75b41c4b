using System.CommandLine;
using Couch.Cli.CommandLine;
using Couch.Client;

namespace Couch.Cli.Guests;

/// <summary>Waits until a guest runs, has ended, or nothing of its VM is left.</summary>
internal static class WaitForGuest
{
    private const string Running = "running";
    private const string Ended = "ended";
    private const string Destroyed = "destroyed";

    /// <summary>A host has no call that waits, and a key for guests may lack the scope for events.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.5);

    private static readonly TimeSpan UsualBound = TimeSpan.FromMinutes(5);

    public static Verb Verb()
    {
        var id = CommonOptions.Id("guest");
        var goal = new Option<string>("--for")
        {
            Description = "What to wait for: running, ended, or destroyed (nothing of its VM is left).",
            HelpName = "state",
            Required = true,
        };
        goal.AcceptOnlyFromAmong(Running, Ended, Destroyed);
        var bound = CommonOptions.Span("--timeout", "How long to wait; otherwise 5m.");
        return new Verb(
            "wait", "Wait until a guest runs, has ended, or its VM is destroyed.",
            "couch guest wait 01JD9Z --for running", "couch guest wait 01JD9Z --for destroyed --timeout 1m")
        {
            id, goal, bound,
        }.Does(async (call, cancel) =>
        {
            var guestId = await GuestCommands.Resolve(call, id, cancel);
            var wanted = call.Get(goal)!;
            var guest = await For(call, guestId, wanted, call.Get(bound) ?? UsualBound, cancel);
            call.Printer.One(guest, GuestViews.Guest);
        });
    }

    private static async Task<Guest> For(Invocation call, string id, string wanted, TimeSpan bound, CancellationToken cancel)
    {
        var patience = new Patience(call, bound);
        string? said = null;
        for (; ; await Task.Delay(Look, call.Surroundings.Clock, cancel))
        {
            if (await patience.Ask(() => call.Couch.Guests.Get(id, cancel)) is not { } guest)
                continue;
            if (Is(guest, wanted))
                return guest;
            if (WhyNever(guest, wanted) is { } never)
                throw new StopException(ExitCode.Failure, never, "see: couch guest history " + id);
            if (patience.IsOver)
                throw new StopException(
                    ExitCode.Failure, $"the guest is {guest.Status} (VM: {guest.Vm.State}) after {Output.Words.Span(bound)}, not {wanted}",
                    guest.Vm.LastError ?? "wait longer by --timeout; couch doctor looks closer");
            var state = $"{guest.Status} (VM: {guest.Vm.State})";
            if (state != said)
                call.Notes.Say(said = state);
        }
    }

    private static bool Is(Guest guest, string wanted) => wanted switch
    {
        Running => guest.Status is GuestStatus.Running,
        Ended => !guest.IsStaying(),
        _ => guest.Vm.DestroyedAt is not null || (!guest.IsStaying() && guest is { Vm.State: VmState.None, VmId: null }),
    };

    /// <summary>Why what is waited for cannot come any more; null where it can.</summary>
    private static string? WhyNever(Guest guest, string wanted) => wanted switch
    {
        Running when !guest.IsStaying() => $"the guest will not run: it has ended ({guest.EndReason ?? guest.Status})",
        Destroyed when guest.Vm.State is VmState.Left => "the VM was given by hand and is left as it is: nothing destroys it",
        // It has ended at an older couch, which says none for such a VM, or has been imported.
        Destroyed when !guest.IsStaying() && guest is { Vm.State: VmState.None, VmId: not null } =>
            "there was no VM provider: nothing says whether its VM still exists",
        _ => null,
    };
}
