using Couch.Domain.Guests;
using Couch.Domain.Vms;

namespace Couch.Tests.Model;

/// <summary>What goes wrong in a turn of the grain's: nothing, or at one of its writes.</summary>
/// <param name="Write">Which write, from 0 on.</param>
/// <param name="IsCrash">The write is done and the node dies; else the database refuses it.</param>
internal readonly record struct WriteFault(int Write, bool IsCrash)
{
    public static WriteFault None { get; } = new(-1, false);
}

/// <summary>
/// One turn of the grain's, as <c>GuestGrain</c> takes them: it loads, decides, writes, and gives commands. A turn without a memory
/// makes one and takes up what an older one had under way.
/// </summary>
internal sealed class Turn
{
    private readonly Node node;
    private readonly WriteFault fault;
    private World world;
    private Memory memory;
    private bool isOver;

    private Turn(World world, Node node, WriteFault fault)
    {
        (this.world, this.node, this.fault) = (world, node, fault);
        memory = world.Of(node)!;
    }

    public const int MostAttempts = 3;

    /// <summary>Writes that the turn has tried.</summary>
    public int Writes { get; private set; }

    /// <param name="act">Null: only what is due.</param>
    public static (World World, int Writes, bool IsDone) Take(World world, Node node, Action<Turn>? act, WriteFault fault)
    {
        var turn = new Turn(world, node, fault);
        if (turn.memory is null)
        {
            turn.memory = new(world.Row, IsBehind: false, VmWork.None);
            // An end by the clock is left to the tick.
            if (act is null || turn.memory.Known.AsOf(world.Now) == turn.memory.Known)
                turn.Drive();
            // What was not taken up is taken up by the next call, before anything else.
            if (turn.isOver)
                turn.memory = null!;
        }

        if (!turn.isOver)
            act?.Invoke(turn);
        if (!turn.isOver)
            turn.Drive();
        return (turn.memory is null ? turn.world : turn.world.With(node, turn.memory), turn.Writes, !turn.isOver);
    }

    public void Observe(VmReport report)
    {
        var turn = memory.Work.Observe(memory.Known, report, MostAttempts, world.Now, jitter: 0);
        memory = memory with { Work = turn.Work };
        if (turn.Guest != memory.Known)
            Write(turn.Guest);
        Give(turn);
    }

    public void Kill() => End(memory.Known.Kill(world.Now));

    public void CheckOut() => End(memory.Known.CheckOut(world.Now));

    public void Activate(string vmId)
    {
        if (memory.Known.Activate(vmId, "http://hand", world.Now) is ActivateOutcome.Activated activated)
            Write(activated.Guest);
    }

    public void Overuse()
    {
        var report = new UsageReport { TokensUsed = memory.Known.ResourceLimits.MaxTokenBudget + 1 };
        if (memory.Known.IsStaying && memory.Known.Report(report, world.Now) is { Guest.IsStaying: false } recorded)
            Write(recorded.Guest with { ResourceUsage = memory.Known.ResourceUsage });
    }

    private void End(EndOutcome outcome)
    {
        if (outcome is EndOutcome.Ended ended)
            Write(ended.Guest);
    }

    private void Drive()
    {
        while (!isOver && memory.Work.Next(memory.Known, world.Now, isExact: false) is { } turn)
        {
            if (turn.Guest != memory.Known)
                Write(turn.Guest);
            if (isOver)
                return;
            memory = memory with { Work = turn.Work };
            Give(turn);
        }
    }

    private void Write(Guest next)
    {
        if (isOver)
            return;
        if (memory.IsBehind)
        {
            // The row is refused: this memory ends, and its node goes on.
            (memory, isOver) = (null!, true);
            world = world.With(node, null);
            return;
        }

        var isFaulty = Writes++ == fault.Write;
        if (isFaulty && !fault.IsCrash)
        {
            isOver = true;
            return;
        }

        world = world with { Row = next };
        var other = node is Node.Current ? Node.Stale : Node.Current;
        if (world.Of(other) is { IsBehind: false } behind)
            world = world.With(other, behind with { IsBehind = true });
        memory = memory with { Known = next };
        if (isFaulty)
        {
            (memory, isOver) = (null!, true);
            world = Moves.Die(world, node);
        }
    }

    private void Give(VmTurn turn)
    {
        if (isOver)
            return;
        foreach (var command in turn.Commands)
        {
            world = command switch
            {
                VmCommand.Attempt attempt => Add(new CallOf.Attempt(
                    turn.Guest.Vm.Attempts, attempt.MayExist ? Stage.Find : Stage.Create, turn.Guest.Vm.UnderWay is not VmTry.Find)),
                VmCommand.Watch => Add(new CallOf.Watch(turn.Guest.Vm.Attempts, turn.Guest.Vm.Id!)),
                VmCommand.StopWatching => world with
                {
                    Calls = [.. world.Calls.Where(call => call.Node != node || call.What is not CallOf.Watch)],
                },
                VmCommand.Release release => Add(new CallOf.Release(release.What, world.Now, release.What.Unasked.Any(), false)),
                VmCommand.Destroy destroy => Add(new CallOf.Destroy(destroy.VmId)),
                _ => world,
            };
        }
    }

    private World Add(CallOf call) => world with { Calls = [.. world.Calls, new(node, call)] };
}
