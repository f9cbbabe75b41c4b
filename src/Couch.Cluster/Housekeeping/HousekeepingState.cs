using Couch.Domain.Guests;

namespace Couch.Cluster.Housekeeping;

/// <summary>What housekeeping stores between passes.</summary>
[GenerateSerializer, Immutable, Alias("couch.HousekeepingState")]
internal sealed record HousekeepingState
{
    /// <summary>
    /// Every redeemed invite whose guest's id is lower has its guest: searches begin here, not at the start of the history.
    /// </summary>
    [Id(0)] public GuestId? ArrivedBelow { get; init; }
}
