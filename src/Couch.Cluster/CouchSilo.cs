using System.Net;
using System.Security.Cryptography;
using Couch.Cluster.Bulk;
using Couch.Cluster.Delivery;
using Couch.Cluster.Events;
using Couch.Cluster.Guests;
using Couch.Cluster.Housekeeping;
using Couch.Cluster.Invites;
using Couch.Cluster.Keys;
using Couch.Cluster.Membership;
using Couch.Cluster.Configuration;
using Couch.Cluster.Connection;
using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Postgres;
using Couch.Cluster.Storage.Sqlite;
using Couch.Cluster.Summary;
using Couch.Cluster.Telemetry;
using Couch.Cluster.Transport;
using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Demo;
using Couch.Cluster.Vms.Docker;
using Couch.Cluster.Vms.Guide;
using Couch.Cluster.Vms.Vers;
using Couch.Cluster.Webhooks;
using Couch.Domain.Capabilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Serialization;
using Orleans.Storage;

namespace Couch.Cluster;

/// <summary>The only entry point: makes a host a part of the couch, in its role.</summary>
public static class CouchSilo
{
    /// <summary>
    /// Adds the silo with its grains, storage and housekeeping, or the client of remote silos. Registers
    /// <see cref="CouchOptions"/>, <see cref="CouchDatabase"/>, <see cref="Listings"/>, <see cref="InviteIdempotency"/>,
    /// <see cref="HostKeys"/>, <see cref="WebhookRows"/>, <see cref="SigningKeys"/>, <see cref="IClusterConnection"/>,
    /// <see cref="NodeLease"/>, <see cref="TimeProvider"/> and the byte source.
    /// </summary>
    /// <exception cref="Configuration.SettingsException">The database cannot be used: the message says why and what to do.</exception>
    public static IHostApplicationBuilder UseCouch(this IHostApplicationBuilder builder, CouchOptions options)
    {
        var database = CouchDatabase.Open(options);
        var random = RandomNumberGenerator.Create();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(options.Retention);
        builder.Services.AddSingleton(options.EventRetention);
        builder.Services.AddSingleton(options.Webhooks);
        builder.Services.AddSingleton(random);
        builder.Services.AddSingleton(_ => database);
        builder.Services.AddSingleton(options.SigningKeys ?? ((SqliteDatabase)database).SigningKeys(random));
        builder.Services.AddSingleton<SettingsRotation>().AddHostedService(from => from.GetRequiredService<SettingsRotation>());
        builder.Services.AddSingleton<IRotatingSetting, RotatingSigningKeys>();
        builder.Services.AddCouchStorage();
        builder.Services.AddSingleton(
            options.Role is CouchRole.Gateway || options.Postgres is null ? NodeLease.Unlimited : new NodeLease(new BootClock()));
        builder.Services.AddNodeIdentity();
        if (options.Role is CouchRole.Gateway)
            builder.UseOtherSilos(options, database);
        else
            builder.UseOwnSilo(options, database);
        return builder;
    }

    private static void UseOwnSilo(this IHostApplicationBuilder builder, CouchOptions options, CouchDatabase database)
    {
        builder.Services.AddSingleton<IClusterConnection, LocalSilo>();

        // Registered before the silo, so started before it: Orleans reads its queries from the schema as it starts.
        builder.Services.AddHostedService<Preparation>();
        builder.UseOrleans(silo =>
        {
            silo.UseCouchGrains(database);
            silo.UseNodeTls();
            if (options.Postgres is null)
                silo.UseLocalhostClustering(options.SiloPort, gatewayPort: 0, null, GrainKinds.Service, options.ClusterId);
            else
                silo.UsePostgresClustering(options, (PostgresDatabase)database);
        });
        // Services that call grains on their own start after the silo.
        builder.Services.AddVms(options.Vms);
        builder.Services.AddHostedService<HousekeepingStart>();
        builder.Services.AddHostedService<WebhookWatch>();
    }

    /// <summary>Registers the services by which grains and endpoints query the table, apart from a grain's own row.</summary>
    internal static void AddCouchStorage(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Listings>();
        services.AddSingleton<InviteIdempotency>();
        services.AddSingleton<HostKeys>();
        services.AddSingleton<HousekeepingRows>();
        services.AddSingleton<Arrivals>();
        services.AddSingleton<VmRows>();
        services.AddSingleton<EventRecords>();
        services.TryAddSingleton<EventRetention>();
        services.AddSingleton<EventLog>();
        services.AddSingleton<EventTail>();
        services.AddSingleton<WebhookRows>();
        services.AddSingleton<BulkRows>();
        services.AddSingleton<SummaryRows>();
        services.TryAddSingleton<CouchMeter>();
    }

    /// <summary>Registers the configured VM provider and its background services; nothing when none is configured.</summary>
    internal static void AddVms(this IServiceCollection services, VmOptions options)
    {
        services.AddSingleton(options);
        if (options.Vers is { } vers)
            services.AddVers(vers).AddSingleton<IVmProvider>(Metered<VersProvider>);
        else if (options.Docker is { } docker)
            services.AddSingleton(docker).AddSingleton<DockerProvider>().AddSingleton<IVmProvider>(Metered<DockerProvider>)
                .AddHostedService<GuestNetworkWatch>().AddHostedService<SandboxWatch>();
        else if (options.IsDemo)
            services.AddSingleton<DemoProvider>().AddSingleton<IVmProvider>(Metered<DemoProvider>);
        else
            return;

        services.AddVmDriver();
        services.AddHostedService(from => from.GetRequiredService<InstallationLease>());
    }

    private static InstrumentedVmProvider Metered<TProvider>(IServiceProvider services) where TProvider : IVmProvider =>
        ActivatorUtilities.CreateInstance<InstrumentedVmProvider>(services, services.GetRequiredService<TProvider>());

    /// <summary>Registers the services that connect guests to the VM provider.</summary>
    internal static void AddVmDriver(this IServiceCollection services)
    {
        services.AddSingleton<Installation>();
        services.AddSingleton<InstallationLease>();
        services.AddSingleton<VmGates>();
        services.AddSingleton(from => new VmGuides(
            from.GetRequiredService<CouchOptions>().PublicUrl, from.GetRequiredService<SigningKeys>()));
        services.AddSingleton<VmDriver>();
        services.AddSingleton<VmSweep>();
    }

    /// <summary>
    /// Grain storage and reminders on <paramref name="database"/>, and what grains share: the same for a node and for a test's cluster.
    /// </summary>
    internal static void UseCouchGrains(this ISiloBuilder silo, CouchDatabase database)
    {
        silo.AddAdoNetGrainStorageAsDefault(storage =>
        {
            storage.Invariant = database.Invariant;
            storage.DataSource = database.Writes;
            // A purge deletes the row. A late writer presents the version that it knows, and finds no row.
            storage.DeleteStateOnClear = true;
        });
        if (database is PostgresDatabase postgres)
            silo.Services.GroupRows(postgres);
        silo.UseAdoNetReminderService(reminders =>
        {
            reminders.Invariant = database.Invariant;
            reminders.DataSource = database.Writes;
        });

        silo.Services.AddSingleton<IOutgoingGrainCallFilter>(from => new ReminderLimiter(
            ReminderLimiter.AtOnce, from.GetRequiredService<IHostApplicationLifetime>()));

        silo.Services.AddSingleton<GuestDelivery>();
        silo.Services.TryAddSingleton<Retention>();
        silo.Services.AddSingleton<Purge>();
        silo.Services.AddSingleton<UnreadableRows>();
        silo.Services.AddSingleton<BulkWork>();

        silo.Services.AddWebhooks();

        silo.Services.AddSingleton<IGrainStorageSerializer, StoredSerializer>();

        silo.Services.Configure<ExceptionSerializationOptions>(LetDriversFailuresCross);

        // Rows state when their grains must act; a silo learns of it when it reads the rows.
        silo.Configure<ReminderOptions>(reminders => reminders.RefreshReminderListPeriod = GrainWake.Period);

        // A queue this long belongs to one hot code or one hot guest: further requests are answered 503 instead of being kept in
        // memory.
        silo.Configure<SiloMessagingOptions>(messaging => messaging.MaxEnqueuedRequestsHardLimit = 10_000);
    }

    /// <summary>Puts <see cref="GroupedStorage"/> before Orleans' grain storage.</summary>
    private static void GroupRows(this IServiceCollection services, PostgresDatabase database)
    {
        const string name = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME;
        var alone = services.Last(service => service.ServiceType == typeof(IGrainStorage) && Equals(service.ServiceKey, name));
        services.Remove(alone);
        services.AddKeyedSingleton<IGrainStorage>(name, (from, key) => new GroupedStorage(
            (IGrainStorage)alone.KeyedImplementationFactory!(from, key), database, from.GetRequiredService<IGrainStorageSerializer>()));
    }

    /// <summary>Registers the services that deliver events for webhooks' grains.</summary>
    private static void AddWebhooks(this IServiceCollection services)
    {
        services.TryAddSingleton<WebhookOptions>();
        services.TryAddSingleton(new NameResolution(Dns.GetHostAddresses));
        services.TryAddSingleton<ResolveName>(from => from.GetRequiredService<NameResolution>().Resolve);
        services.TryAddSingleton<Dial>(_ => WebhookConnections.DialDirectly);
        services.AddSingleton<WebhookConnections>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhookDelivery>();
        services.AddSingleton<WebhookTest>();
    }

    /// <summary>
    /// An exception of a database driver must reach another process as itself, and not as a failure to serialize it.
    /// </summary>
    internal static void LetDriversFailuresCross(ExceptionSerializationOptions exceptions) =>
        exceptions.SupportedNamespacePrefixes.Add("Npgsql");

    /// <summary>Names the cluster: the same for silos and for their clients.</summary>
    internal static void Name(this CouchOptions options, ClusterOptions cluster)
    {
        cluster.ServiceId = GrainKinds.Service;
        cluster.ClusterId = options.ClusterId;
    }

    private static void UsePostgresClustering(this ISiloBuilder silo, CouchOptions options, PostgresDatabase database)
    {
        silo.AddIncomingGrainCallFilter<UnderLease>();
        silo.Services.AddSingleton(database);
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, LeaseRenewal>();
        silo.Services.AddSingleton<OldMembers>();
        silo.Configure<ClusterOptions>(options.Name);
        silo.UseAdoNetClustering(clustering =>
        {
            clustering.Invariant = database.Invariant;
            clustering.DataSource = database.Writes;
        });
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            // A dead node is voted out after about three probes; a hung one with open sockets cannot drag that out.
            membership.ProbeTimeout = TimeSpan.FromSeconds(2);
            membership.MaxProbeTimeout = TimeSpan.FromSeconds(4);
            // A node that was paused and declared dead meanwhile learns so from this read of the table, and ends; until then it
            // answers 503.
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            // After a crash of the whole cluster, a new node ignores rows that have shown no sign of life for three times this
            // period.
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
            // With this option, members measure by their own clocks how long a silo has been joining, from a start that the silo
            // states by its own clock: a member whose clock is minutes ahead would declare every joining silo dead. A silo that
            // dies while it joins blocks nothing.
            membership.EvictWhenMaxJoinAttemptTimeExceeded = false;
        });
        silo.Configure<EndpointOptions>(endpoint =>
        {
            endpoint.SiloPort = options.SiloPort;
            endpoint.GatewayPort = options.GatewayPort;
            // By default Orleans picks an interface, and listens on all interfaces when it is given an address.
            endpoint.AdvertisedIPAddress = options.SiloAddress;
            endpoint.SiloListeningEndpoint = new(options.SiloAddress, options.SiloPort);
            if (options.GatewayPort > 0)
                endpoint.GatewayListeningEndpoint = new(options.SiloAddress, options.GatewayPort);
        });
    }
}
