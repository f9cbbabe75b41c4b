using System.Security.Cryptography;
using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Guests;

/// <summary>
/// Ends that the clock brings, a few at a time. Ten thousand may fall due in one moment: everybody is told at once, because
/// each call reads the clock, but to record them takes writes, and a guest whose turn has not come must go on answering.
/// </summary>
internal sealed partial class DueEnds(IGrainFactory grains, TimeProvider clock, RandomNumberGenerator chance, ILogger<DueEnds> log) : IDisposable
{
    /// <summary>Fewer than the connections to the database, so that whoever asks something else meanwhile gets one.</summary>
    private const int AtOnce = 16;

    /// <summary>With their waits, less than a minute: then the guest's next tick says it again.</summary>
    private const int Tries = 5;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim places = new(AtOnce);
    private readonly CancellationTokenSource leaving = new();

    public void Dispose()
    {
        leaving.Cancel();
        leaving.Dispose();
        places.Dispose();
    }

    /// <summary>
    /// Has the guest record its end, once there is a place. What fails is tried again, out of step with whatever made it fail:
    /// a database that is away whenever the tick comes would make a guest wait for minutes. Lost, the next tick says it again.
    /// </summary>
    public void Settle(GuestId guest)
    {
        var left = leaving.Token;
        Task.Run(
            async () =>
            {
                for (var failures = 0; failures < Tries && !await IsSettled(guest, isFirst: failures is 0); failures++)
                    await Task.Delay(ShortestPause * (1 + chance.Share()), clock, left);
            },
            left);
    }

    private async Task<bool> IsSettled(GuestId guest, bool isFirst)
    {
        try
        {
            await places.Pass(() => grains.GetGrain<IGuestGrain>(guest.Value).Settle(), CancellationToken.None);
            return true;
        }
        catch (Exception failure)
        {
            if (isFirst)
                LogNotSettled(guest, failure.Message);
            return false;
        }
    }

    [LoggerMessage(19, LogLevel.Warning, "The end of guest {GuestId} is not recorded yet: {Reason}")]
    private partial void LogNotSettled(GuestId guestId, string reason);
}
