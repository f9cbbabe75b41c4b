using Microsoft.Extensions.Hosting;

namespace Couch.Cluster.Connection;

/// <summary>
/// Connects a gateway to its silos in parallel with the host's start, not before it: a gateway without silos listens, and reports
/// that it has none.
/// </summary>
internal sealed class GatewayConnection(IClusterClient client, RemoteSilos silos) : BackgroundService
{
    private bool hasBegun;

    private IHostedService Client => (IHostedService)client;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (hasBegun)
            await Client.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        hasBegun = true;
        await Client.StartAsync(stoppingToken);
        silos.Met();
    }
}
