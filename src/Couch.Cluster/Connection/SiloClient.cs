using Couch.Cluster.Storage;
using Couch.Cluster.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Serialization;

namespace Couch.Cluster.Connection;

/// <summary>Makes a host a client of the couch's silos.</summary>
internal static class SiloClient
{
    /// <summary>
    /// How often the table of silos is read and each silo is asked for a sign of life; a new silo goes unnoticed for at most this
    /// long.
    /// </summary>
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);

    public static void UseOtherSilos(this IHostApplicationBuilder builder, CouchOptions options, CouchDatabase database)
    {
        var services = builder.Services;
        services.AddSingleton<RemoteSilos>();
        services.AddSingleton<IClusterConnection>(from => from.GetRequiredService<RemoteSilos>());
        services.AddSingleton<IClientConnectionRetryFilter>(from => from.GetRequiredService<RemoteSilos>());
        services.AddSingleton<IClusterConnectionStatusObserver>(from => from.GetRequiredService<RemoteSilos>());

        var own = services.Where(IsHosted).ToList();
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(options.Name);
            client.UseNodeTls();
            client.UseAdoNetClustering(clustering =>
            {
                clustering.Invariant = database.Invariant;
                clustering.DataSource = database.Reads;
            });
            client.Services.Configure<ExceptionSerializationOptions>(CouchSilo.LetDriversFailuresCross);
            client.Configure<GatewayOptions>(gateway => gateway.GatewayListRefreshPeriod = Refresh);
            // The sign of life: without it, an idle gateway would not find its way back for a minute.
            client.Configure<TypeManagementOptions>(types => types.TypeMapRefreshInterval = Refresh);
            // A call in progress at a silo that dies is never answered: the caller gets its 503 after this timeout.
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(10));
            // A machine that is gone does not refuse a connection. With this timeout the next silo is tried before the timeout
            // above.
            client.Configure<ConnectionOptions>(connection => connection.OpenConnectionTimeout = TimeSpan.FromSeconds(3));
        });

        // Orleans would block the start of the host until a silo has been reached, and stop the host when none is.
        foreach (var waits in services.Where(IsHosted).Except(own).ToList())
            services.Remove(waits);
        services.AddHostedService<GatewayConnection>();
    }

    private static bool IsHosted(ServiceDescriptor service) => service.ServiceType == typeof(IHostedService);
}
