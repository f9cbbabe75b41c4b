using System.Net;
using Couch.Cluster.Configuration;
using Couch.Cluster.Events;
using Couch.Cluster.Housekeeping;
using Couch.Cluster.Vms;
using Couch.Cluster.Webhooks;
using Couch.Domain.Capabilities;
using Couch.Domain.Text;

namespace Couch.Cluster;

/// <summary>How a process of the couch runs. Defaults live here; the table in docs/configuration.md says the same.</summary>
public sealed class CouchOptions
{
    private const int DefaultGatewayPort = 30000;

    /// <summary>What this process does for the couch.</summary>
    /// <value>From <c>COUCH_ROLE</c>: <c>node</c>, <c>silo</c> or <c>gateway</c>; default <c>node</c>. The others need PostgreSQL.</value>
    public CouchRole Role { get; init; }

    /// <summary>PostgreSQL connection string; null means SQLite in <see cref="DataFolder"/>.</summary>
    /// <value>From <c>ConnectionStrings__Couch</c>; default none.</value>
    public string? Postgres { get; init; }

    /// <summary>Where a single node keeps its database and its signing key.</summary>
    /// <value>From <c>COUCH_DATA_DIR</c>; default <c>couch-data</c> under the folder the node is started from.</value>
    public string DataFolder { get; init; } = "couch-data";

    /// <summary>Keys that sign and verify codes and tokens.</summary>
    /// <value>From <c>COUCH_SIGNING_KEY</c>: standard base64 of at least 32 bytes, several separated by commas; the first
    /// signs, all verify. Default: a single node makes its own in <see cref="DataFolder"/>; with PostgreSQL it must be given.</value>
    public SigningKeys? SigningKeys { get; init; }

    /// <summary>Port by which silos talk to each other. 1 to 65535; default 11111. From <c>COUCH_SILO_PORT</c>.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary>Port by which gateways talk to this silo. 0 to 65535, 0 for none. From <c>COUCH_GATEWAY_PORT</c>.</summary>
    /// <value>Default: 0 for a node, which needs no gateway before it, and 30000 for a silo. With SQLite always 0.</value>
    public int GatewayPort { get; init; }

    /// <summary>Address other processes of the couch reach this one by; only with PostgreSQL (a single node listens on loopback).</summary>
    /// <value>From <c>COUCH_ADVERTISED_ADDRESS</c>: an address, or a network that exactly one of the machine's addresses is in;
    /// default none: then silo ports listen on loopback alone, since an interface that was guessed may be the guests'.</value>
    public IPAddress? AdvertisedAddress { get; init; }

    /// <summary>The one address that silo ports listen on.</summary>
    public IPAddress SiloAddress => (Postgres is null ? null : AdvertisedAddress) ?? IPAddress.Loopback;

    /// <summary>
    /// Name of the deployment: nodes of one name on one database form one couch. From <c>COUCH_CLUSTER_ID</c>; default <c>couch</c>.
    /// </summary>
    public string ClusterId { get; init; } = "couch";

    /// <summary>
    /// The most connections a node holds to PostgreSQL, beside one for its membership. 4 to 1000; default 40. From
    /// <c>COUCH_DB_CONNECTIONS</c>.
    /// </summary>
    public int DatabaseConnections { get; init; } = 40;

    /// <summary>
    /// How far ahead of their time reminders are given to the silos that keep them. At least a minute; default 15 minutes.
    /// </summary>
    /// <value>No setting: it must exceed Orleans' loading window of 10 minutes and the clocks' difference. The database's own
    /// clock decides, so tests that drive a clock of their own ask for a hundred years.</value>
    public TimeSpan ReminderHorizon { get; init; } = DefaultReminderHorizon;

    /// <summary>See <see cref="ReminderHorizon"/>.</summary>
    public static TimeSpan DefaultReminderHorizon { get; } = TimeSpan.FromMinutes(15);

    /// <summary>How long what has ended is kept; default for ever.</summary>
    public Retention Retention { get; init; } = new();

    /// <summary>How long events are kept; default 30 days.</summary>
    public EventRetention EventRetention { get; init; } = new();

    /// <summary>Where webhooks may lead; default to the internet alone.</summary>
    public WebhookOptions Webhooks { get; init; } = new();

    /// <summary>Where guests' VMs come from; default nowhere. A gateway has nothing to do with it.</summary>
    public VmOptions Vms { get; init; } = new();

    /// <summary>
    /// The couch's address as others reach it, without a slash at its end. It stands in what guests' agents read, and in the guide that is
    /// put into a guest's VM; null: there is no guide, and texts name the address that their request was sent to.
    /// </summary>
    /// <value>From <c>COUCH_PUBLIC_URL</c>, http or https; default none.</value>
    public string? PublicUrl { get; init; }

    private static CouchOptions Default { get; } = new();

    /// <summary>Reads the options, telling <paramref name="settings"/> of everything that is wrong.</summary>
    public static CouchOptions Read(Settings settings)
    {
        var postgres = settings.Secret("ConnectionStrings:Couch");
        if (postgres is not null && Storage.Postgres.PostgresDatabase.WhyUnusable(postgres) is { } reason)
            settings.Wrong("ConnectionStrings__Couch", reason);

        var role = ReadRole(settings);
        if (role is not CouchRole.Node && postgres is null)
            settings.Wrong("COUCH_ROLE", $"is {role.Word()}, which needs a PostgreSQL to share with others: set ConnectionStrings__Couch. "
                + "SQLite serves one process, a node");

        var vms = role is CouchRole.Gateway ? VmOptions.NoneAtTheEdge(settings) : VmOptions.Read(settings);
        if (vms.IsDemo && postgres is not null)
            settings.Wrong("COUCH_DEMO", "pretends VMs in one process, and PostgreSQL is for several: unset ConnectionStrings__Couch");

        var wrongBefore = settings.Errors.Count;
        var keys = ReadSigningKeys(settings);
        if (keys is null && postgres is not null && settings.Errors.Count == wrongBefore)
            settings.Wrong(
                SigningKeyName, "must be given with PostgreSQL, the same to every node. Make one with: openssl rand -base64 32");

        IPAddress? address = null;
        if (settings.Text("COUCH_ADVERTISED_ADDRESS") is { } advertised
            && (address = OwnAddress.Read(advertised, out var reasonAgainst)) is null)
            settings.Wrong("COUCH_ADVERTISED_ADDRESS", reasonAgainst!);

        var gatewayPort = settings.Whole("COUCH_GATEWAY_PORT", role is CouchRole.Silo ? DefaultGatewayPort : 0, 0, 65535);
        return new CouchOptions
        {
            Role = role,
            Vms = vms,
            Postgres = postgres,
            DataFolder = settings.Text("COUCH_DATA_DIR") ?? Default.DataFolder,
            SigningKeys = keys,
            SiloPort = settings.Whole("COUCH_SILO_PORT", Default.SiloPort, 1, 65535),
            GatewayPort = postgres is null ? 0 : gatewayPort,
            AdvertisedAddress = address,
            ClusterId = settings.Text("COUCH_CLUSTER_ID") ?? Default.ClusterId,
            DatabaseConnections = settings.Whole("COUCH_DB_CONNECTIONS", Default.DatabaseConnections, 4, 1000),
            PublicUrl = PublicAddress.Read(settings),
            Webhooks = new() { AllowsPrivate = settings.YesOrNo("COUCH_WEBHOOK_PRIVATE", false) },
            Retention = new() { Days = settings.Whole("COUCH_RETENTION_DAYS", 0, 0, Retention.MostDays) },
            EventRetention = new()
            {
                Days = settings.Whole("COUCH_EVENT_DAYS", EventRetention.DefaultDays, 0, Retention.MostDays),
            },
        };
    }

    internal const string SigningKeyName = "COUCH_SIGNING_KEY";

    /// <summary>Null when no key is given or the given one is invalid; <paramref name="settings"/> then has the error.</summary>
    internal static SigningKeys? ReadSigningKeys(Settings settings)
    {
        if (settings.Secret(SigningKeyName) is not { } text)
            return null;
        if (SigningKeys.TryParse(text, out var keys, out var why))
            return keys;
        settings.Wrong(SigningKeyName, $"must be standard base64 of at least {SigningKeys.LeastKeyBytes} bytes, several "
            + $"separated by commas: {why}");
        return null;
    }

    private static CouchRole ReadRole(Settings settings)
    {
        var role = CouchRole.Node;
        if (settings.Text("COUCH_ROLE") is { } text && !Words.TryParse(text, out role))
            settings.Wrong("COUCH_ROLE", $"must be node, silo or gateway, not '{text}'");
        return role;
    }
}
