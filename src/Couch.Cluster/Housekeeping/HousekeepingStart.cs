using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Housekeeping;

/// <summary>
/// Activates housekeeping once the silo runs; after that its own row wakes it. A couch with a failing database starts all the same,
/// so this retries until it is answered.
/// </summary>
internal sealed partial class HousekeepingStart(IGrainFactory grains, TimeProvider clock, ILogger<HousekeepingStart> log)
    : BackgroundService
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!await TryStart(stoppingToken))
            await Task.Delay(BetweenAttempts, clock, stoppingToken);
    }

    /// <summary>
    /// A silo that stops cancels calls before this service is told to stop. Such a cancellation also counts as "not started";
    /// otherwise it would end the process as a bug.
    /// </summary>
    private async Task<bool> TryStart(CancellationToken cancel)
    {
        try
        {
            await grains.GetGrain<IHousekeepingGrain>(IHousekeepingGrain.Key).Start().WaitAsync(cancel);
            return true;
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            LogNotStarted(failure.Message);
            return false;
        }
    }

    [LoggerMessage(33, LogLevel.Warning, "Housekeeping has not started yet: {Reason}")]
    private partial void LogNotStarted(string reason);
}
