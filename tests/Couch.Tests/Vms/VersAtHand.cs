using System.Security.Cryptography;
using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Vers;
using Couch.VersSimulator;
using Couch.VersSimulator.Vms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>A simulated account and VM providers that use it, over real HTTP.</summary>
internal sealed class VersAtHand : IAsyncDisposable
{
    private readonly List<ServiceProvider> couches = [];
    private readonly TimeProvider clock;

    private VersAtHand(SimulatedVers vers, TimeProvider clock)
    {
        (Vers, this.clock) = (vers, clock);
        Host = HostWith();
        Api = couches[0].GetRequiredService<VersApi>();
    }

    public SimulatedVers Vers { get; }

    /// <summary>As configured by default, but that a call is repeated at once.</summary>
    public IVmProvider Host { get; }

    /// <summary>The calls themselves: how others use the same account.</summary>
    public VersApi Api { get; }

    /// <summary>VMs boot at once unless told otherwise.</summary>
    public static async Task<VersAtHand> Start(TimeProvider? clock = null, TimeSpan boot = default)
    {
        var key = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        clock ??= TimeProvider.System;
        return new(await SimulatedVers.Start(new() { Key = key, BootDelay = boot, Clock = clock }), clock);
    }

    public IVmProvider HostWith(Func<VersOptions, VersOptions>? options = null, ILoggerProvider? logs = null, VmProbe? probe = null)
    {
        Assert.True(VersKey.TryParse(Vers.Options.Key, out var key));
        var services = new ServiceCollection();
        services.AddLogging(logging =>
        {
            if (logs is not null)
                logging.AddProvider(logs).SetMinimumLevel(LogLevel.Trace);
        });
        if (probe is not null)
            services.AddSingleton(probe);
        services.AddSingleton(clock);
        var usual = new VersOptions { Key = key, Commit = Vers.Options.Commit, ApiUrl = Vers.Url.ToString(),
            RepeatDelay = TimeSpan.FromMilliseconds(1) };
        services.AddVers(options?.Invoke(usual) ?? usual);
        couches.Add(services.BuildServiceProvider());
        return couches[^1].GetRequiredService<IVmProvider>();
    }

    /// <summary>What the account says of a VM, whatever its API does.</summary>
    public VmView Look(string vmId) => Vers.Vms.Look(Guid.Parse(vmId))!;

    public async ValueTask DisposeAsync()
    {
        foreach (var couch in couches)
        {
            // As a silo would.
            await couch.GetRequiredService<NodeShutdown>().Leave(new CancellationToken(canceled: true));
            await couch.DisposeAsync();
        }

        await Vers.DisposeAsync();
    }
}
