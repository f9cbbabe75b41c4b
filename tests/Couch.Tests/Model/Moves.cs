using Couch.Domain.Guests;
using Couch.Domain.Vms;

namespace Couch.Tests.Model;

/// <summary>One thing that may happen next, and the world after it.</summary>
internal readonly record struct Move(string Name, World After);

/// <summary>What of the product is left out, to see that the exploration would find that it was missing.</summary>
internal enum Broken
{
    Nothing,

    /// <summary>Claims and reports count for the attempt under way, whichever attempt they are of.</summary>
    AttemptsAreNotFenced,

    /// <summary>A claim is sent on an answer of the row's that is as old as it may be.</summary>
    ClaimsOnAnOldAnswer,
}

/// <summary>Everything that may happen in a world: to the guest, to its nodes, to calls on their way, and to time.</summary>
internal sealed class Moves(Broken broken = Broken.Nothing)
{
    private const string ByHand = "hand";

    /// <summary>For how long a list may not show a claim.</summary>
    private static readonly TimeSpan ListIsBehind = TimeSpan.FromSeconds(45);

    /// <summary>By then whatever was sent has arrived, or never will.</summary>
    private static readonly TimeSpan OnItsWay = TimeSpan.FromSeconds(20);

    /// <summary>How old the row's answer may be when a claim is sent on it.</summary>
    private static readonly TimeSpan Believed = TimeSpan.FromSeconds(3);

    private readonly List<Move> moves = new(64);
    private World world = null!;

    /// <summary>All that may happen next; valid until the next call.</summary>
    public List<Move> From(World before)
    {
        world = before;
        moves.Clear();
        Reports();
        foreach (var call in before.Calls)
            Progress(call);
        foreach (var vm in before.Vms)
            Provider(vm);
        People();
        Nodes();
        Sweep();
        Time();
        return moves;
    }

    /// <summary>What happens where nothing goes wrong any more; null where nothing is left to happen.</summary>
    public World? Well(World before)
    {
        world = before;
        moves.Clear();
        if (before.Reports is [var report, ..])
            Deliver(
                report,
                before.Current is null && before.Stale is null ? Node.Current : report.Node is Node.Stale ? Node.Current : report.Node,
                withFaults: false);
        else if (before.Calls.Length > 0)
            Progress(before.Calls[0]);
        else if (before.Vms.FirstOrDefault(vm => vm.IsClaimOnItsWay) is { } coming)
            Provider(coming);
        else if (before.HasStaleNode)
            return before with { HasStaleNode = false, Stale = null };
        else if (Turn.Take(before, Node.Current, null, WriteFault.None).World is var ticked && !Same(ticked, before))
            return ticked;
        else if (before.Listed is not null)
            Act();
        else if (!IsQuiet(before))
        {
            // The sweep comes each minute.
            var later = Later(before, TimeSpan.FromSeconds(76));
            return later with { Listed = Shown(later, all: true), ListedAt = later.Now };
        }

        return moves.Count > 0 ? moves[0].After : null;
    }

    /// <summary>It runs on a VM that is there, or on one given by hand, or it has ended; and no other VM of its is left.</summary>
    public static bool IsQuiet(World world) => world.Row switch
    {
        { Status: GuestStatus.Running, Vm.State: VmState.Ready } running => world.Vms.Length is 1 && world.Has(running.Vm.Id!),
        { Status: GuestStatus.Running, Vm.State: VmState.None } => world.Vms.Length is 0,
        { IsStaying: false, Vm: { State: VmState.Destroyed or VmState.Left } or { DestroyedAt: not null } } => world.Vms.Length is 0,
        _ => false,
    };

    /// <summary>A node dies: what its calls have sent is on its way, and nobody waits for the answers.</summary>
    public static World Die(World world, Node node) =>
        (node is Node.Stale ? world with { Stale = null, HasStaleNode = false } : world with { Current = null }) with
    {
        Losses = world.Losses - 1,
        Reports = [.. world.Reports.Where(report => report.Node != node)],
        Calls = [.. world.Calls
            .Where(call => call.Node != node || IsSent(call.What))
            .Select(call => call.Node == node ? call with { Node = Node.Dead } : call)],
    };

    private static bool IsSent(CallOf call) =>
        call is CallOf.Attempt { Stage: Stage.Create or Stage.Label } or CallOf.Destroy or CallOf.Release { DestroysOwn: true };

    private void Add(string name, World after) => moves.Add(new(name, after));

    private static bool Same(World one, World other) =>
        one.Row == other.Row && one.Calls.Length == other.Calls.Length && one.Current?.Work == other.Current?.Work
            && (one.Current is null) == (other.Current is null);

    private void Reports()
    {
        foreach (var report in world.Reports)
        {
            Deliver(report, Node.Current, withFaults: true);
            // Its own node may take it for its own still.
            if (report.Node is Node.Stale && world.Stale is not null)
                Deliver(report, Node.Stale, withFaults: false);
        }
    }

    private void Deliver(Told told, Node to, bool withFaults)
    {
        var report = broken is Broken.AttemptsAreNotFenced ? Unfenced(told.Report, world.Of(to)?.Known ?? world.Row) : told.Report;
        var without = world.Without(told);
        Take("report", to, turn => turn.Observe(report), without, told, withFaults);
    }

    private static VmReport Unfenced(VmReport report, Guest guest) => report switch
    {
        VmReport.Made made => made with { Attempt = guest.Vm.Attempts },
        VmReport.Failed failed => failed with { Attempt = guest.Vm.Attempts },
        VmReport.NotFound notFound => notFound with { Attempt = guest.Vm.Attempts },
        _ => report,
    };

    /// <param name="told">Comes again where the turn failed and its node lives.</param>
    private void Take(string name, Node node, Action<Turn>? act, World before, Told? told = null, bool withFaults = true)
    {
        var (after, writes, isDone) = Turn.Take(before, node, act, WriteFault.None);
        Add(name, isDone || told is null ? after : after.Tell(told.Node, told.Report));
        if (!withFaults)
            return;
        for (var write = 0; write < writes; write++)
        {
            var refused = Turn.Take(before, node, act, new(write, IsCrash: false)).World;
            Add("write refused", told is null ? refused : refused.Tell(told.Node, told.Report));
            if (before.Losses > 0)
                Add("node dies after a write", Turn.Take(before, node, act, new(write, IsCrash: true)).World);
        }
    }

    private void Progress(Call call)
    {
        var isHeard = call.Node is not Node.Dead;
        switch (call.What)
        {
            case CallOf.Attempt attempt:
                Attempt(call, attempt, isHeard);
                break;
            case CallOf.Watch watch:
                if (world.Has(watch.VmId))
                    Add("ready", world.Without(call).Tell(call.Node, new VmReport.Ready(watch.VmId)));
                Add("not ready", world.Without(call).Tell(call.Node, new VmReport.Failed(watch.Number, "not ready", false)));
                break;
            case CallOf.Release release:
                Release(call, release, isHeard);
                break;
            case CallOf.Destroy destroy:
                Add("destroyed", world.Without(call).Without(destroy.VmId));
                Add("not destroyed", world.Without(call));
                break;
        }
    }

    private void Attempt(Call call, CallOf.Attempt attempt, bool isHeard)
    {
        var over = world.Without(call);
        switch (attempt.Stage)
        {
            case Stage.Find:
                Find(call, attempt, over);
                break;
            case Stage.Create when !isHeard:
                Add("late create", over with { VmsMade = world.VmsMade + 1, Vms = [.. world.Vms, New()] });
                Add("create lost", over);
                break;
            case Stage.Create when !Stands(attempt):
                Add("overtaken", Failed(over, call, attempt));
                break;
            case Stage.Create:
                var made = world with { VmsMade = world.VmsMade + 1, Vms = [.. world.Vms, New()] };
                Add("made", made.Replace(call, attempt with { Stage = Stage.MustStand, VmId = made.Vms[^1].Id }));
                Add("create refused", Failed(over, call, attempt));
                Add("create's answer lost", Failed(made.Without(call), call, attempt, mayHaveMade: true));
                Add("create lost", Failed(over, call, attempt, mayHaveMade: true));
                break;
            case Stage.MustStand when Stands(attempt):
                Add("stands", world.Replace(call, attempt with { Stage = Stage.Label }));
                break;
            case Stage.MustStand:
                Add("overtaken, undone", Failed(over.Without(attempt.VmId), call, attempt));
                Add("overtaken, left", Failed(over, call, attempt, mayHaveMade: true, mayBeClaimed: true));
                break;
            case Stage.Label:
                var vm = world.Vms.FirstOrDefault(vm => vm.Id == attempt.VmId);
                var claimed = vm is null ? over : over.Replace(vm, vm with { ClaimedAt = world.Now });
                if (!isHeard)
                {
                    Add("late claim", claimed);
                    Add("claim lost", over);
                    return;
                }

                if (vm is not null)
                    Add("claimed", claimed.Tell(call.Node, new VmReport.Made(attempt.Number, vm.Id, "http://vm")));
                Add("claim failed, undone", Failed(over.Without(attempt.VmId), call, attempt));
                Add("claim's answer lost, left", Failed(claimed, call, attempt, mayHaveMade: true, mayBeClaimed: true));
                Add("claim on its way, left", Failed(vm is null ? over : over.Replace(vm, vm with { IsClaimOnItsWay = true }), call,
                    attempt, mayHaveMade: true, mayBeClaimed: true));
                break;
        }
    }

    private void Find(Call call, CallOf.Attempt attempt, World over)
    {
        // A list shows each claim that it is not behind on, and may show the others.
        foreach (var isBehind in (ReadOnlySpan<bool>)[false, true])
        {
            var shown = world.Vms.Where(vm => vm.IsClaimed && (!isBehind || IsSettled(vm))).ToList();
            if (isBehind && shown.Count == world.Vms.Count(vm => vm.IsClaimed))
                break;
            var condemned = world.Row.Vm.EachCondemned;
            var kept = shown.FirstOrDefault(vm => !condemned.Contains(vm.Id));
            var left = over with { Vms = [.. world.Vms.Where(vm => vm == kept || !shown.Contains(vm))] };
            if (kept is not null)
                Add("found", left.Tell(call.Node, new VmReport.Made(attempt.Number, kept.Id, "http://vm") { IsFound = true }));
            else if (attempt.MayMake)
                Add("none found", left with { Calls = [.. left.Calls, call with { What = attempt with { Stage = Stage.Create } }] });
            else
                Add("none found", left.Tell(call.Node, new VmReport.NotFound(attempt.Number)));
        }

        Add("list failed", Failed(over, call, attempt));
    }

    private void Release(Call call, CallOf.Release release, bool isHeard)
    {
        var over = world.Without(call);
        if (release.DestroysOwn)
        {
            var gone = release.What.Unasked.Aggregate(world, (left, vmId) => left.Without(vmId));
            Add("own destroyed", isHeard ? gone.Replace(call, release with { DestroysOwn = false }) : gone.Without(call));
            Add("own not destroyed", isHeard ? over.Tell(call.Node, new VmReport.NotGone("busy")) : over);
            return;
        }

        foreach (var isBehind in (ReadOnlySpan<bool>)[false, true])
        {
            var shown = world.Vms.Where(vm => vm.IsClaimed && (!isBehind || IsSettled(vm))).ToList();
            if (isBehind && shown.Count == world.Vms.Count(vm => vm.IsClaimed))
                break;
            if (shown.Count is 0)
                Add("nothing left", over.Tell(call.Node, new VmReport.Gone { HasDestroyed = release.HasDestroyed, Own = release.What.Own,
                    Given = release.What.Given, Began = release.Began }));
            else
                Add("left ones destroyed", (world with { Vms = [.. world.Vms.Where(vm => !shown.Contains(vm))] }).Replace(call,
                    release with { HasDestroyed = true }));
        }

        Add("list failed", over.Tell(call.Node, new VmReport.NotGone("busy")));
    }

    private void Provider(SimVm vm)
    {
        if (vm.IsClaimOnItsWay)
        {
            Add("late claim", world.Replace(vm, vm with { IsClaimOnItsWay = false, ClaimedAt = world.Now }));
            Add("claim lost", world.Replace(vm, vm with { IsClaimOnItsWay = false }));
        }

        if (world.Row.Vm.State is VmState.Ready && world.Row.Vm.Id == vm.Id)
            Add("vanishes", world.Without(vm.Id));
    }

    private void People()
    {
        if (!world.Row.IsStaying)
            return;
        Take("kill", Node.Current, turn => turn.Kill(), world);
        Take("check out", Node.Current, turn => turn.CheckOut(), world, withFaults: false);
        if (world.Row.AsOf(world.Now).IsStaying)
            Add("expires", world with
            {
                Row = Expired(world.Row),
                Current = world.Current is { } current ? current with { Known = Expired(current.Known) } : null,
                Stale = world.Stale is { } stale ? stale with { Known = Expired(stale.Known) } : null,
            });
        if (world.Row.Status is not GuestStatus.Provisioning)
        {
            Take("over a limit", Node.Current, turn => turn.Overuse(), world, withFaults: false);
            return;
        }

        Take("activate", Node.Current, turn => turn.Activate(ByHand), world);
        if (world.Row.Vm is { State: VmState.Booting, Id: { } own })
            Take("activate its own", Node.Current, turn => turn.Activate(own), world, withFaults: false);
    }

    /// <summary>Its end is now: a history in which its time was so long.</summary>
    private Guest Expired(Guest guest) => guest.IsStaying && guest.ExpiresAt > world.Now ? guest with { ExpiresAt = world.Now } : guest;

    private void Nodes()
    {
        if (Turn.Take(world, Node.Current, null, WriteFault.None) is var (ticked, _, _) && !Same(ticked, world))
            Take("tick", Node.Current, null, world);
        if (world.Stale is not null && Turn.Take(world, Node.Stale, null, WriteFault.None) is var (late, _, _)
            && !Same(late with { Current = world.Current }, world))
            Take("stale tick", Node.Stale, null, world, withFaults: false);
        if (world.Losses is 0)
            return;
        if (world.Current is not null || world.Calls.Any(call => call.Node is Node.Current))
            Add("node dies", Die(world, Node.Current));
        if (!world.HasStaleNode && world.Current is not null)
            Add("node stands still and is given up", world with
            {
                Losses = world.Losses - 1,
                HasStaleNode = true,
                Stale = world.Current,
                Current = null,
                Calls = [.. world.Calls.Select(call => call.Node is Node.Current ? call with { Node = Node.Stale } : call)],
                Reports = [.. world.Reports.Select(report => report.Node is Node.Current ? report with { Node = Node.Stale } : report)],
            });
        if (world.HasStaleNode)
            Add("stale node ends", Die(world, Node.Stale) with { Losses = world.Losses });
    }

    private void Sweep()
    {
        if (world.Listed is not null)
        {
            Act();
            return;
        }

        Add("sweep lists", world with { Listed = Shown(world, all: true), ListedAt = world.Now });
        if (world.Vms.Any(vm => vm.IsClaimed && !IsSettled(vm)))
            Add("sweep lists late", world with { Listed = Shown(world, all: false), ListedAt = world.Now });
    }

    /// <summary>Each VM's id, with a star where its claim shows.</summary>
    private string[] Shown(World shown, bool all) =>
        [.. shown.Vms.Where(vm => all || !vm.IsClaimed || IsSettled(vm)).Select(vm => vm.IsClaimed ? vm.Id + "*" : vm.Id)];

    private void Act()
    {
        var found = new VmReconciliation
        {
            Provider = world.Row.Vm.Host ?? "vers",
            Installation = "couch",
            IsDedicated = true,
            At = world.ListedAt,
            Listed = [.. world.Listed!.Select(shown => new ListedVm(
                shown.TrimEnd('*'), shown.EndsWith('*') ? world.Row.Id.Value : null, shown.EndsWith('*') ? "couch" : null,
                MadeAt(shown.TrimEnd('*'))) { IsLabelled = shown.EndsWith('*') })],
            Guests = [GuestVm.Of(world.Row)],
            InMemory = world.Current is null && world.Stale is null ? new HashSet<string>() : new HashSet<string> { world.Row.Id.Value },
        }.Reconcile();
        var swept = world with { Listed = null };
        foreach (var unneeded in found.ToDestroy)
            swept = swept.Without(unneeded);
        if (found.ToVerify.Count > 0 && swept.Row.Vm.Id is { } vmId)
            swept = swept.Tell(Node.Current, new VmReport.Looked(vmId, swept.Has(vmId)));
        Add("sweep acts", swept);
    }

    private DateTimeOffset MadeAt(string vmId) => world.Vms.FirstOrDefault(vm => vm.Id == vmId)?.MadeAt ?? world.ListedAt;

    private void Time()
    {
        // What a dead node has sent, and what was given up, arrives within its time or never.
        var isOpen = world.Calls.Any(call => call.Node is Node.Dead) || world.Vms.Any(vm => vm.IsClaimOnItsWay);
        if (world.Row.Vm.NotBefore is { } due && due > world.Now && !(isOpen && due - world.Now >= OnItsWay)
            && !(IsBound && due - world.Now >= VmTrack.ListsLag))
            Add("wait", Later(world, due - world.Now));
        if (!isOpen && !IsBound)
            Add("long wait", Later(world, TimeSpan.FromSeconds(76)));
    }

    /// <summary>
    /// A call of a node that goes on has a bound: none is under way so long. One that stood still has it behind it when it wakes.
    /// </summary>
    private bool IsBound => world.Calls.Any(call => call.Node is Node.Current && call.What is CallOf.Attempt);

    private World Later(World before, TimeSpan wait) => before with
    {
        Now = before.Now + wait,
        // An answer of the row's that is too old by now is asked for anew.
        Calls = broken is Broken.ClaimsOnAnOldAnswer || wait <= Believed
            ? before.Calls
            : [.. before.Calls.Select(call => call is { Node: not Node.Dead,
                What: CallOf.Attempt { Stage: Stage.Label } label } ? call with { What = label with { Stage = Stage.MustStand } } : call)],
    };

    private bool IsSettled(SimVm vm) => vm.ClaimedAt + ListIsBehind <= world.Now;

    private bool Stands(CallOf.Attempt attempt) => world.Row is { IsStaying: true, Vm: { State: VmState.Requested, Attempts: var current } }
        && (current == attempt.Number || broken is Broken.AttemptsAreNotFenced);

    private SimVm New() => new($"{world.VmsMade + 1}", world.Now);

    private static World Failed(World world, Call call, CallOf.Attempt attempt, bool mayHaveMade = false, bool mayBeClaimed = false) =>
        world.Tell(
            call.Node, new VmReport.Failed(attempt.Number, "failed", false) { MayHaveMade = mayHaveMade, MayBeClaimed = mayBeClaimed });
}
