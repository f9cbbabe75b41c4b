using Couch.Cluster;
using Couch.Cluster.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;

namespace Couch.Tests.Support;

/// <summary>Orleans' own ADO.NET providers, configured as a silo of the couch configures them, without the silo.</summary>
internal sealed class OrleansProviders : IAsyncDisposable
{
    private readonly ServiceProvider services;

    private OrleansProviders(ServiceProvider services) => this.services = services;

    public IGrainStorage Rows => services.GetRequiredService<IGrainStorage>();
    public IReminderTable Reminders => services.GetRequiredService<IReminderTable>();
    public IMembershipTable Membership => services.GetRequiredService<IMembershipTable>();

    public static async Task<OrleansProviders> On(CouchDatabase database, bool deleteOnClear = false)
    {
        var silo = new Builder();
        silo.Services.AddLogging();
        silo.Services.AddSerializer();
        silo.Services.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = (GrainKinds.Service, "test"));
        silo.UseCouchGrains(database);
        silo.Services.Configure<AdoNetGrainStorageOptions>("Default", storage => storage.DeleteStateOnClear = deleteOnClear);
        silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.DataSource) = (database.Invariant, database.Writes));

        var providers = new OrleansProviders(silo.Services.BuildServiceProvider());
        var lifecycle = new SiloLifecycleSubject(NullLogger<SiloLifecycleSubject>.Instance);
        ((ILifecycleParticipant<ISiloLifecycle>)providers.Rows).Participate(lifecycle);
        await lifecycle.OnStart();
        await providers.Reminders.StartAsync();
        return providers;
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();

    private sealed class Builder : ISiloBuilder
    {
        public IServiceCollection Services { get; } = new ServiceCollection();
        public IConfiguration Configuration { get; } = new ConfigurationBuilder().Build();
    }
}
