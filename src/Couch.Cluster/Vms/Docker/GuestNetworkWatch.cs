using Microsoft.Extensions.Hosting;

namespace Couch.Cluster.Vms.Docker;

/// <summary>
/// Checks periodically whether the isolation of guests that was seen at the start still holds: one reload of a firewall can end it.
/// </summary>
internal sealed class GuestNetworkWatch(DockerProvider provider, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var rounds = new PeriodicTimer(Round, clock);
        try
        {
            while (await rounds.WaitForNextTickAsync(stoppingToken))
                await provider.LookAtNetwork(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }
}
