using Couch.Cluster.Guests;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Vms.Docker;

/// <summary>
/// Listens to the engine's events, and makes each guest whose sandbox ends look at it at once. An event is only a hint: the guest
/// asks the engine itself, and measurements and the sweep find later what is missed here. Every node listens; a duplicate request
/// has no further effect.
/// </summary>
internal sealed partial class SandboxWatch(
    DockerProvider provider, Installation installation, IGrainFactory grains, TimeProvider clock,
    ILogger<SandboxWatch> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var isSaid = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await provider.Follow(installation.Id, Look, stoppingToken);
                isSaid = false;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (VmProviderException failure)
            {
                // A restart of the engine, or of the machine's services: logged once.
                if (!isSaid)
                    LogDeaf(failure.Message);
                isSaid = true;
            }

            await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Look(string guest) => Task.Run(async () =>
    {
        try
        {
            await grains.GetGrain<IGuestGrain>(guest).LookAtVm();
        }
        catch (Exception failure)
        {
            LogNotTold(guest, failure.Message);
        }
    });

    [LoggerMessage(
        300, LogLevel.Warning, "The container engine does not tell what happens to sandboxes; what ends meanwhile is noticed later. "
            + "{Reason}")]
    private partial void LogDeaf(string reason);

    [LoggerMessage(301, LogLevel.Warning, "Guest {GuestId}, whose sandbox has ended, was not told: {Reason}")]
    private partial void LogNotTold(string guestId, string reason);
}
