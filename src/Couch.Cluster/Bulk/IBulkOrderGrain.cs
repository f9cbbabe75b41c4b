using Couch.Domain.Bulk;
using Orleans.Concurrency;

namespace Couch.Cluster.Bulk;

/// <summary>
/// One bulk order, keyed by its id: owns what is done and what is left, and goes on until all is done, on another node where its own has
/// died. Any call may throw <see cref="Storage.StorageUnavailableException"/>: the outcome is then unknown. A call with a value out of
/// bounds throws <see cref="Domain.Values.OutOfBoundsException"/>, and changes nothing.
/// </summary>
[Alias("couch.IBulkOrderGrain")]
public interface IBulkOrderGrain : IGrainWithStringKey
{
    /// <summary>Shorter than the timeout after which Orleans abandons the call.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);

    /// <summary>Gives the order, or returns the one that has this id. Once answered, it is carried out whatever crashes.</summary>
    [Alias("Give")]
    Task<BulkOrder> Give(BulkOrder order);

    /// <summary>Answers once the order is further than <paramref name="seen"/>, at the latest after <see cref="LongestWait"/>.</summary>
    /// <returns>Null where no order has this id, or no more.</returns>
    [AlwaysInterleave, Alias("WaitForProgress"), ResponseTimeout("00:00:25")]
    Task<BulkOrder?> WaitForProgress(BulkOrder seen);
}
