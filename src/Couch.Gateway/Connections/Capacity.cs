using Couch.Cluster;
using Couch.Cluster.Configuration;

namespace Couch.Gateway.Connections;

/// <summary>How many HTTP connections are held at once, under what the process may have open, so that it never runs out of that.</summary>
/// <param name="All">The most there ever are.</param>
internal sealed record Capacity(int All)
{
    /// <summary>With fewer a couch cannot serve well.</summary>
    public const int Least = 64;

    /// <summary>Where neither a setting nor the process says less: some 200 MB, were all of them idle.</summary>
    public const int Usual = 20_000;

    /// <summary>What a process has open beside HTTP and what is counted below: its code, which is 310 files, silos, collectors.</summary>
    private const int ForItself = 400;

    /// <summary>SQLite's connections, of three files each.</summary>
    private const int ForSqlite = 48;

    private const string Remedy = "Raise it (systemd: LimitNOFILE=, containers: --ulimit nofile=).";

    /// <summary>Creates, configurations, looks, measurements and destroys.</summary>
    private const int KindsOfCalls = 5;

    /// <summary>
    /// With fewer files not even the settings could be read: asked before anything else is loaded. Null where there are enough.
    /// </summary>
    public static string? WhyNotEnough(int? mayOpen) =>
        mayOpen < ForItself + Least ? $"Couch cannot start:{Environment.NewLine}  - ulimit -n is {mayOpen}, and a couch needs "
            + $"{ForItself + Least} at the least. {Remedy}" : null;

    /// <summary>Of these, the last are kept free for hosts and for health probes.</summary>
    public int KeptFree => Math.Max(8, All / 16);

    /// <summary>For everybody.</summary>
    public int Ordinary => All - KeptFree;

    /// <summary>Reads what is asked for, and tells <paramref name="settings"/> where the process may not have so much open.</summary>
    /// <param name="mayOpen">What this process may have open; null: without limit, or unknown.</param>
    public static Capacity Read(Settings settings, CouchOptions couch, HttpOptions gateway, int? mayOpen)
    {
        var others = ForItself + (couch.Postgres is null ? ForSqlite : couch.DatabaseConnections)
            + (couch.Vms.Vers is null && couch.Vms.Docker is null ? 0 : KindsOfCalls * couch.Vms.CallsAtOnce);
        var room = mayOpen is { } limit ? limit - others : int.MaxValue;
        var all = gateway.Connections ?? Math.Clamp(room, Least, Usual);
        if (all > room)
            settings.Wrong("ulimit -n", $"is {mayOpen}, and this couch needs {others + all}: {all} for HTTP connections "
                + $"({HttpOptions.ConnectionsName}), {others} for the database, VMs' providers and its own files. "
                + Remedy);
        return new(all);
    }
}
