using System.Net;
using System.Net.Sockets;
using Couch.Cluster.Configuration;
using Couch.Cluster.Membership;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Couch.Cluster.Transport;
using Couch.Cluster.Vms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster;

/// <summary>
/// Checks the preconditions of the silo's start: its ports are free, its schema is up to date, and its VM provider can be used.
/// </summary>
internal sealed partial class Preparation(
    CouchOptions options, CouchDatabase database, CouchMeter meter, IServiceProvider services, TimeProvider clock,
    ILogger<Preparation> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        meter.BeginAtZero();
        EnsureFree("COUCH_SILO_PORT", options.SiloPort);
        if (options.GatewayPort > 0)
            EnsureFree("COUCH_GATEWAY_PORT", options.GatewayPort);
        await database.Upgrade(cancellationToken);
        if (options.Postgres is not null)
        {
            await services.GetRequiredService<Neighbours>().EnsureAccepted(cancellationToken);
            await MeetOldMembers(cancellationToken);
            await TellClock(cancellationToken);
        }

        if (options is { Postgres: not null, AdvertisedAddress: null })
            LogLoopbackAlone(options.SiloAddress, options.SiloPort);
        if (services.GetService<IVmProvider>() is { } provider)
        {
            await services.GetRequiredService<Installation>().Load(cancellationToken);
            await EnsureUsable(provider, cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task MeetOldMembers(CancellationToken cancel)
    {
        var old = services.GetRequiredService<OldMembers>();
        try
        {
            await old.TakeAddress(cancel);
        }
        catch (StorageUnavailableException failure)
        {
            throw new SettingsException($"  - {failure.Message}");
        }

        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        _ = Task.Run(
            async () =>
            {
                using var over = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStarted, lifetime.ApplicationStopping);
                await old.Outlive(over.Token);
            },
            CancellationToken.None);
    }

    /// <summary>Ends, limits and codes are judged by the node's clock: a wrong clock is logged, not corrected.</summary>
    private async Task TellClock(CancellationToken cancel)
    {
        await database.WhyNotReady(cancel);
        if (database.WhyClockIsWrong(clock) is { } sentence)
            LogClock(sentence);
    }

    [LoggerMessage(293, LogLevel.Warning, "{Sentence}")]
    private partial void LogClock(string sentence);

    /// <summary>
    /// A wrong key or a missing image is reported now, not at the first guest; a provider that is down may recover.
    /// </summary>
    private async Task EnsureUsable(IVmProvider provider, CancellationToken cancel)
    {
        var problem = await provider.Check(cancel);
        if (problem is { IsFinal: true })
            throw new SettingsException($"  - {problem.Sentence}");
        if (problem is not null)
            LogVmProvider(provider.Name, problem.Sentence);
    }

    [LoggerMessage(51, LogLevel.Warning, "VM provider {Host}: {Sentence}")]
    private partial void LogVmProvider(string host, string sentence);

    [LoggerMessage(222, LogLevel.Information,
        "Other nodes reach this one at {Address}:{Port}, on this machine alone: COUCH_ADVERTISED_ADDRESS is not set. Set it where nodes or "
            + "gateways run on other machines")]
    private partial void LogLoopbackAlone(IPAddress address, int port);

    /// <summary>Gives the operator a plain message: Orleans would report the same as a stack trace.</summary>
    private void EnsureFree(string name, int port)
    {
        try
        {
            using var probe = new TcpListener(options.SiloAddress, port);
            probe.Start();
        }
        catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            throw new SettingsException($"  - {name} {port} is in use, perhaps by another couch on this machine: choose another port");
        }
        catch (SocketException refused)
        {
            throw new SettingsException($"  - {name}: nothing can listen on {new IPEndPoint(options.SiloAddress, port)} here "
                + $"({refused.Message}); with no other COUCH_ADVERTISED_ADDRESS the address is this machine's own, 127.0.0.1");
        }
    }
}
