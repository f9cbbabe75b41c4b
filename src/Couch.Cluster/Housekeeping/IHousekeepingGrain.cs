using Couch.Domain.Vms;
using Orleans.Concurrency;

namespace Couch.Cluster.Housekeeping;

/// <summary>
/// The safety net, one for the whole couch: finds what ticks and replays have missed and calls the owner.
/// It changes no invite and no guest itself. What it finds, it counts: the counts should stay zero.
/// </summary>
[Alias("couch.IHousekeepingGrain")]
public interface IHousekeepingGrain : IGrainWithStringKey
{
    /// <summary>The only key.</summary>
    public const string Key = "couch";

    /// <summary>
    /// Makes sure that a sweep runs every minute, and sweeps at once without a grace period, because a node has just started.
    /// </summary>
    [Alias("Start")]
    Task<Findings> Start();

    /// <summary>One pass over the table; a pass over the VMs begins beside it.</summary>
    [Alias("Sweep")]
    Task<Findings> Sweep();

    /// <summary>One complete pass over the VMs. Blocks nothing, because the provider may be slow.</summary>
    [AlwaysInterleave, Alias("SweepVms")]
    Task<VmFindings> SweepVms();

    /// <summary>The VM provider, and what the last pass over the VMs has found there.</summary>
    [AlwaysInterleave, Alias("LookAtProvider")]
    Task<ProviderSeen> LookAtProvider();
}

/// <summary>The VM provider, as housekeeping knows it.</summary>
/// <param name="Name">Its name in a guest's <c>vm</c> record; null where there is none.</param>
/// <param name="Unclaimed">
/// How many VMs without a claim the last pass has found; null where there was none, or it could not list them.
/// </param>
/// <param name="Fault">The word of a <see cref="VmFault"/>; null where nothing is wrong, or nothing is known.</param>
/// <param name="Says">What is wrong, as a sentence; null with <paramref name="Fault"/>.</param>
/// <param name="At">When that was seen; null with <paramref name="Fault"/>.</param>
[GenerateSerializer, Immutable, Alias("couch.ProviderSeen")]
public sealed record ProviderSeen(
    [property: Id(0)] string? Name, [property: Id(1)] int? Unclaimed, [property: Id(2)] string? Fault = null,
    [property: Id(3)] string? Says = null, [property: Id(4)] DateTimeOffset? At = null);

/// <summary>What a pass found and repaired.</summary>
/// <param name="Overdue">Rows past their time that their own tick had not settled.</param>
/// <param name="Arrived">Redeemed invites whose guest was missing and has been brought.</param>
/// <param name="NotDue">
/// Rows past their time by housekeeping's clock that their owner's node did not settle, because by its own clock they are not.
/// </param>
[GenerateSerializer, Immutable, Alias("couch.Findings")]
public sealed record Findings([property: Id(0)] int Overdue, [property: Id(1)] int Arrived, [property: Id(2)] int NotDue = 0);
