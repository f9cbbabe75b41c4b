using Couch.Cluster;
using Couch.Cluster.Configuration;

namespace Couch.Gateway.Connections;

/// <summary>
/// How many HTTP connections are held at once. It is less than the process's limit of open files, so that the limit is never reached.
/// </summary>
/// <param name="All">The greatest number of connections.</param>
internal sealed record Capacity(int All)
{
    /// <summary>The smallest number with which a couch serves well.</summary>
    public const int Least = 64;

    /// <summary>The number if neither a setting nor the process's limit is lower: about 200 MB, if all connections were idle.</summary>
    public const int Usual = 20_000;

    /// <summary>What a process has open besides HTTP and the items below: its code, which is 310 files, silos, collectors.</summary>
    private const int ForItself = 400;

    /// <summary>SQLite's connections, of three files each.</summary>
    private const int ForSqlite = 48;

    private const string Remedy = "Raise it (systemd: LimitNOFILE=, containers: --ulimit nofile=).";

    /// <summary>The kinds of calls to a VM provider: creates, configurations, looks, measurements and destroys.</summary>
    private const int KindsOfCalls = 5;

    /// <summary>
    /// Why the process cannot start with so few open files; null where there are enough. This is checked before anything else is loaded,
    /// because with fewer files not even the settings could be read.
    /// </summary>
    public static string? WhyNotEnough(int? mayOpen) =>
        mayOpen < ForItself + Least ? $"Couch cannot start:{Environment.NewLine}  - ulimit -n is {mayOpen}, and a couch needs "
            + $"{ForItself + Least} at the least. {Remedy}" : null;

    /// <summary>How many of these are reserved for hosts and health probes.</summary>
    public int KeptFree => Math.Max(8, All / 16);

    /// <summary>How many of these are open to all callers.</summary>
    public int Ordinary => All - KeptFree;

    /// <summary>Reads the setting, and tells <paramref name="settings"/> if the process may not have so many files open.</summary>
    /// <param name="mayOpen">How many files this process may have open; null: without limit, or unknown.</param>
    public static Capacity Read(Settings settings, CouchOptions couch, HttpOptions http, int? mayOpen)
    {
        var others = ForItself + (couch.Postgres is null ? ForSqlite : couch.DatabaseConnections)
            + (couch.Vms.Vers is null && couch.Vms.Docker is null ? 0 : KindsOfCalls * couch.Vms.CallsAtOnce);
        var room = mayOpen is { } limit ? limit - others : int.MaxValue;
        var all = http.Connections ?? Math.Clamp(room, Least, Usual);
        if (all > room)
            settings.Wrong("ulimit -n", $"is {mayOpen}, and this couch needs {others + all}: {all} for HTTP connections "
                + $"({HttpOptions.ConnectionsName}), {others} for the database, VMs' providers and its own files. "
                + Remedy);
        return new(all);
    }
}
