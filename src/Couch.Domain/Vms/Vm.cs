using System.Text.Json.Serialization;
using Couch.Domain.Text;

namespace Couch.Domain.Vms;

/// <summary>The VM's own record on its guest: what was intended, and what the provider has confirmed.</summary>
[GenerateSerializer, Immutable, Alias("couch.Vm")]
public sealed record Vm
{
    /// <summary>Nothing ordered, and no VM provider: the state is <see cref="VmState.None"/>.</summary>
    public static Vm None { get; } = new();

    /// <summary>The VM provider's name; null where there is none.</summary>
    [Id(0)] public string? Host { get; init; }

    /// <summary>Where the VM is on its track; <see cref="VmState.None"/> where nothing is said.</summary>
    [Id(1)] public VmState State { get; init; }

    /// <summary>When the first attempt was intended.</summary>
    [Id(2)] public DateTimeOffset? RequestedAt { get; init; }

    /// <summary>When it was observed ready.</summary>
    [Id(3)] public DateTimeOffset? ReadyAt { get; init; }

    /// <summary>When the guest's end asked for its destruction.</summary>
    [Id(4)] public DateTimeOffset? DestroyRequestedAt { get; init; }

    /// <summary>The receipt: when the provider confirmed that nothing is left.</summary>
    [Id(5)] public DateTimeOffset? DestroyedAt { get; init; }

    /// <summary>Attempts to get it, begun so far. The number is written before the attempt's call and carried by its result.</summary>
    [Id(6)] public int Attempts { get; init; }

    /// <summary>What the provider said last that was not a success, in its own words: plain text on one line.</summary>
    [Id(7)] public string? LastError { get; init => field = ForeignText.Plain(value); }

    /// <summary>What the provider made for the attempt that counts; null until it has.</summary>
    [Id(8)] public string? Id { get; init; }

    /// <summary>Where the guest will find it, once it is ready.</summary>
    [Id(9)] public string? Endpoint { get; init; }

    /// <summary>How many tries to destroy it have failed.</summary>
    [Id(10)] public int FailedReleases { get; init; }

    /// <summary>The earliest moment of the next try; null: at once.</summary>
    [Id(11)] public DateTimeOffset? NotBefore { get; init; }

    /// <summary>When it was first found missing; null while it is there.</summary>
    [Id(12)] public DateTimeOffset? MissingSince { get; init; }

    /// <summary>VMs that creates of unknown outcome may have left and that have not been found since.</summary>
    [Id(13), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public int Unaccounted { get; init; }

    /// <summary>
    /// Since when the provider has shown nothing that carries the guest's claim; null where it has not been asked, or where there is a
    /// newer doubt.
    /// </summary>
    [Id(14)] public DateTimeOffset? CleanSince { get; init; }

    /// <summary>
    /// VMs that were made for the guest and did not become ready: never to be taken again. Their ids with spaces between them, the newest
    /// last; null where there are none.
    /// </summary>
    [Id(15)] public string? Condemned { get; init; }

    /// <summary>What the newest attempt may do, while its outcome is not known; null once it is.</summary>
    /// <remarks>If this is set when a grain is loaded, an earlier one was lost while an attempt was under way.</remarks>
    [Id(16)] public VmTry? UnderWay { get; init; }

    /// <summary>Each of <see cref="Condemned"/>.</summary>
    [JsonIgnore] public IReadOnlyList<string> EachCondemned => EachOf(Condemned);

    /// <summary>Each id in a text that has the format of <see cref="Condemned"/>.</summary>
    internal static IReadOnlyList<string> EachOf(string? ids) => ids?.Split(' ') ?? [];
}
