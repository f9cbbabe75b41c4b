using System.Net;
using Couch.Cluster.Configuration;
using Couch.Gateway.Connections;

namespace Couch.Gateway;

/// <summary>How the couch faces its callers. Defaults live here; the table in docs/configuration.md says the same.</summary>
public sealed class HttpOptions
{
    /// <summary>A host key shorter than this is warned about at start.</summary>
    public const int ShortHostKey = 16;

    internal const string HostKeyName = "COUCH_AUTH_TOKEN";
    internal const string ConnectionsName = "COUCH_CONNECTIONS";

    private static readonly HttpOptions Default = new();

    private const int MostPerMinute = 1_000_000;
    private const int MostConnections = 1_000_000;

    /// <summary>The key that host endpoints ask for. Null: they are open, to callers on this machine alone.</summary>
    /// <value>From <c>COUCH_AUTH_TOKEN</c>, else <c>VERS_AUTH_TOKEN</c>; any text; default none.</value>
    public string? HostKey { get; init; }

    /// <summary>How many redeems one client address may try in a minute. 0 to 1,000,000, 0 for no limit; default 120.</summary>
    /// <value>From <c>COUCH_REDEEMS_PER_MINUTE</c>.</value>
    public int RedeemsPerMinute { get; init; } = 120;

    /// <summary>
    /// How often one client address may ask for a status or a preview, or check out, in a minute. 0 to 1,000,000, 0 for no limit; default
    /// 1,200.
    /// </summary>
    /// <value>From <c>COUCH_STATUS_PER_MINUTE</c>.</value>
    public int StatusPerMinute { get; init; } = 1200;

    /// <summary>
    /// How many HTTP connections are held at once. 64 to 1,000,000; null: what the process may have open, less what else it needs, at most
    /// 20,000.
    /// </summary>
    /// <value>From <c>COUCH_CONNECTIONS</c>.</value>
    public int? Connections { get; init; }

    /// <summary>Proxies whose word on the client's address is taken. Default none: forwarding headers are not read.</summary>
    /// <value>From <c>COUCH_TRUSTED_PROXIES</c>: addresses or CIDR ranges, separated by commas.</value>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Where traces and metrics are sent, as OTLP. Null: nowhere, and nothing is traced.</summary>
    /// <value>From <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>; its companions (protocol, sampler, …) count too.</value>
    public string? Collector { get; init; }

    /// <summary>Headers that the collector is sent, such as its key: <c>name=value</c>, separated by commas. Default none.</summary>
    /// <value>From <c>OTEL_EXPORTER_OTLP_HEADERS</c>.</value>
    public string? CollectorHeaders { get; init; }

    /// <summary>Shows Orleans' own dashboard to hosts, at <c>/dashboard</c>; a gateway never does. True or false, default false.</summary>
    /// <value>From <c>COUCH_DASHBOARD</c>, the same on every node and silo: each counts its grains' calls for all.</value>
    public bool HasDashboard { get; init; }

    /// <summary>A folder with one file a setting; read before all other settings are. Null: none.</summary>
    /// <value>From <c>COUCH_SETTINGS_DIR</c>.</value>
    public string? SettingsFolder { get; init; }

    /// <summary>Reads the options, telling <paramref name="settings"/> of everything that is wrong.</summary>
    public static HttpOptions Read(Settings settings) => new()
    {
        HostKey = ReadHostKey(settings),
        RedeemsPerMinute = settings.Whole("COUCH_REDEEMS_PER_MINUTE", Default.RedeemsPerMinute, 0, MostPerMinute),
        StatusPerMinute = settings.Whole("COUCH_STATUS_PER_MINUTE", Default.StatusPerMinute, 0, MostPerMinute),
        Connections = settings.Whole(ConnectionsName, 0, Capacity.Least, MostConnections) is > 0 and var connections ? connections : null,
        TrustedProxies = ReadProxies(settings),
        Collector = ReadCollector(settings),
        CollectorHeaders = ReadCollectorHeaders(settings),
        SettingsFolder = settings.Text(Hosting.SettingsFolder.Name),
        HasDashboard = settings.YesOrNo("COUCH_DASHBOARD", Default.HasDashboard),
    };

    internal static string? ReadHostKey(Settings settings) => settings.Secret(HostKeyName) ?? settings.Secret("VERS_AUTH_TOKEN");

    private static string? ReadCollector(Settings settings)
    {
        const string name = "OTEL_EXPORTER_OTLP_ENDPOINT";
        var collector = settings.Text(name);
        if (collector is not null && !(Uri.TryCreate(collector, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"))
            settings.Wrong(name, "must be an address like http://localhost:4317");
        return collector;
    }

    private static string? ReadCollectorHeaders(Settings settings)
    {
        const string name = "OTEL_EXPORTER_OTLP_HEADERS";
        var headers = settings.Secret(name);
        // Not quoted: it holds the collector's key.
        if (headers?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).All(IsHeader) is false)
            settings.Wrong(name, "must be name=value, several separated by commas");
        return headers;

        static bool IsHeader(string header) => header.IndexOf('=', StringComparison.Ordinal) > 0;
    }

    private static List<IPNetwork> ReadProxies(Settings settings)
    {
        var proxies = new List<IPNetwork>();
        foreach (var text in (settings.Text("COUCH_TRUSTED_PROXIES") ?? "").Split(',',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPAddress.TryParse(text, out var address))
                proxies.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else if (IPNetwork.TryParse(text, out var network))
                proxies.Add(network);
            else
                settings.Wrong("COUCH_TRUSTED_PROXIES", $"must be IP addresses or CIDR ranges separated by commas; '{text}' is neither");
        }

        return proxies;
    }
}
