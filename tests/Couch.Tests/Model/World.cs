using Couch.Domain.Guests;
using Couch.Domain.Vms;

namespace Couch.Tests.Model;

/// <summary>
/// All that there is of one guest at one moment: its row, the memories of it, the calls and reports on their way, and the provider's
/// VMs. The guest's decisions are the product's own; what is modelled is the grain's loop around them, the driver and the provider.
/// </summary>
internal sealed record World
{
    public required Guest Row { get; init; }

    /// <summary>The memory that callers reach; null where the next call makes a new one.</summary>
    public Memory? Current { get; init; }

    /// <summary>The memory of a node that stood still and was given up; null where there is none.</summary>
    public Memory? Stale { get; init; }

    /// <summary>Whether a node was given up while it stood still, and goes on.</summary>
    public bool HasStaleNode { get; init; }

    public Call[] Calls { get; init; } = [];

    public Told[] Reports { get; init; } = [];

    public SimVm[] Vms { get; init; } = [];

    /// <summary>What the sweep has been shown, and has not acted on yet.</summary>
    public string[]? Listed { get; init; }

    public DateTimeOffset ListedAt { get; init; }

    public required DateTimeOffset Now { get; init; }

    public int VmsMade { get; init; }

    /// <summary>How often a node may still be lost, and be given up: the depth is spent on what differs.</summary>
    public int Losses { get; init; } = 2;

    /// <summary>A guest that has just been written, with its first attempt on its way.</summary>
    public static World Of(Guest arrived, DateTimeOffset now)
    {
        var turn = VmWork.Arrived(arrived);
        return new()
        {
            Row = arrived,
            Now = now,
            Current = new(arrived, IsBehind: false, turn.Work),
            Calls = [new(Node.Current, new CallOf.Attempt(1, Stage.Create, MayMake: true))],
        };
    }

    public Memory? Of(Node node) => node is Node.Current ? Current : Stale;

    public World With(Node node, Memory? memory) => node is Node.Current ? this with { Current = memory } : this with { Stale = memory };

    public bool Has(string vmId) => Vms.Any(vm => vm.Id == vmId);

    public World Without(string? vmId) => Vms.Any(vm => vm.Id == vmId) ? this with { Vms = [.. Vms.Where(vm => vm.Id != vmId)] } : this;

    public World Tell(Node node, VmReport report) => this with { Reports = [.. Reports, new(node, report)] };

    public World Without(Told report) => this with { Reports = [.. Reports.Where(one => !ReferenceEquals(one, report))] };

    public World Without(Call call) => this with { Calls = [.. Calls.Where(one => !ReferenceEquals(one, call))] };

    public World Replace(Call call, CallOf next) =>
        this with { Calls = [.. Calls.Select(one => ReferenceEquals(one, call) ? one with { What = next } : one)] };

    public World Replace(SimVm vm, SimVm next) => this with { Vms = [.. Vms.Select(one => ReferenceEquals(one, vm) ? next : one)] };
}

/// <summary>One memory of the guest: what it believes the row to say, and what it has under way.</summary>
/// <param name="IsBehind">Another memory has written the row since: the next write is refused, and ends this memory.</param>
internal sealed record Memory(Guest Known, bool IsBehind, VmWork Work);

internal enum Node
{
    Current,

    /// <summary>It stood still, and was given up.</summary>
    Stale,

    /// <summary>It has died. What it has sent arrives, or does not; nobody hears of it.</summary>
    Dead,
}

internal sealed record Told(Node Node, VmReport Report);

internal sealed record Call(Node Node, CallOf What);

internal abstract record CallOf
{
    private CallOf() { }

    public sealed record Attempt(int Number, Stage Stage, bool MayMake, string? VmId = null) : CallOf;

    public sealed record Watch(int Number, string VmId) : CallOf;

    /// <param name="DestroysOwn">What is known to be its own is destroyed first, unasked.</param>
    public sealed record Release(VmStep.Release What, DateTimeOffset Began, bool DestroysOwn, bool HasDestroyed) : CallOf;

    public sealed record Destroy(string VmId) : CallOf;
}

/// <summary>How far an attempt is.</summary>
internal enum Stage
{
    /// <summary>To ask for VMs under the guest's claim.</summary>
    Find,

    /// <summary>To ask the row whether the order stands, and make a VM.</summary>
    Create,

    /// <summary>To ask the row whether the order still stands.</summary>
    MustStand,

    /// <summary>The claim is sent.</summary>
    Label,
}

/// <param name="ClaimedAt">Since when it carries the guest's claim; null where it does not.</param>
internal sealed record SimVm(string Id, DateTimeOffset MadeAt, DateTimeOffset? ClaimedAt = null)
{
    /// <summary>A claim was sent, and its sender has given up: it may yet arrive.</summary>
    public bool IsClaimOnItsWay { get; init; }

    public bool IsClaimed => ClaimedAt is not null;
}
