using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Housekeeping;

/// <summary>
/// Wakes housekeeping once the silo runs: from then on its own row does. A couch with a sick database starts all the
/// same, so this asks until it is answered.
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
    /// A silo that stops cancels calls before this service is told to stop: that too is only "not started", or it would end the process as
    /// a bug.
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
