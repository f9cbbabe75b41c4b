using System.Net;
using System.Net.Sockets;
using Couch.Cluster.Configuration;
using Couch.Cluster.Storage;
using Microsoft.Extensions.Hosting;

namespace Couch.Cluster;

/// <summary>What must be true before the silo starts: its ports are free and its schema is there.</summary>
internal sealed class Preparation(CouchOptions options, CouchDatabase database) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        EnsureFree("COUCH_SILO_PORT", options.SiloPort);
        if (options.GatewayPort > 0)
            EnsureFree("COUCH_GATEWAY_PORT", options.GatewayPort);
        await database.Upgrade(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Asked for the operator's sake: Orleans would say the same as a stack trace.</summary>
    private void EnsureFree(string name, int port)
    {
        try
        {
            using var probe = new TcpListener(options.Postgres is null ? IPAddress.Loopback : IPAddress.Any, port);
            probe.Start();
        }
        catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            throw new SettingsException($"  - {name} {port} is in use, perhaps by another couch on this machine: choose another port");
        }
    }
}
