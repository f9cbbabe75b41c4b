using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Guests;

/// <summary>
/// Ends that the clock brings, a few at a time. Ten thousand may fall due in one moment: everybody is told at once, because
/// each call reads the clock, but to record them takes writes, and a guest whose turn has not come must go on answering.
/// </summary>
internal sealed partial class DueEnds(IGrainFactory grains, ILogger<DueEnds> log) : IDisposable
{
    /// <summary>Fewer than the connections to the database, so that whoever asks something else meanwhile gets one.</summary>
    private const int AtOnce = 16;

    private readonly SemaphoreSlim places = new(AtOnce);

    public void Dispose() => places.Dispose();

    /// <summary>Has the guest record its end, once there is a place. Lost or failed, the guest's next tick says it again, within a minute.</summary>
    public void Settle(GuestId guest) => Task.Run(async () =>
    {
        try
        {
            await places.Pass(() => grains.GetGrain<IGuestGrain>(guest.Value).Settle(), CancellationToken.None);
        }
        catch (Exception failure)
        {
            LogNotSettled(guest, failure.Message);
        }
    });

    [LoggerMessage(19, LogLevel.Warning, "The end of guest {GuestId} is not recorded yet: {Reason}")]
    private partial void LogNotSettled(GuestId guestId, string reason);
}
