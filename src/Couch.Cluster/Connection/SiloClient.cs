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
    /// How often the table of silos is read, and the silos are asked for a sign of life: how long a new one goes unnoticed.
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
            // A call under way at a silo that dies is never answered: this long a caller waits for its 503.
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(10));
            // A machine that is gone refuses nothing; the next silo is tried within the time above.
            client.Configure<ConnectionOptions>(connection => connection.OpenConnectionTimeout = TimeSpan.FromSeconds(3));
        });

        // Orleans would have the host's start wait until a silo has been reached, and end it where none is.
        foreach (var waits in services.Where(IsHosted).Except(own).ToList())
            services.Remove(waits);
        services.AddHostedService<GatewayConnection>();
    }

    private static bool IsHosted(ServiceDescriptor service) => service.ServiceType == typeof(IHostedService);
}
