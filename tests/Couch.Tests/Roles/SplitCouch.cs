using Couch.Tests.Support;
using Couch.VersSimulator;
using Npgsql;

namespace Couch.Tests.Roles;

/// <summary>
/// A couch in two halves on one PostgreSQL: silos with a simulated provider behind, and a gateway before them that has none.
/// </summary>
internal sealed class SplitCouch : IAsyncDisposable
{
    public const string HostKey = "a host's key, for both halves";

    private readonly PostgresServer.EmptyDatabase database;
    private readonly Dictionary<string, string> shared;
    private readonly List<CouchProcess> all = [];

    private SplitCouch(PostgresServer.EmptyDatabase database, SimulatedVers vers, Collector? collector)
    {
        (this.database, Vers) = (database, vers);
        shared = new(NodeSettings.Of(database.ConnectionString).And(collector?.Settings ?? []))
        {
            ["COUCH_AUTH_TOKEN"] = HostKey,
            ["COUCH_DB_CONNECTIONS"] = "20",
        };
    }

    public SimulatedVers Vers { get; }

    /// <summary>The gateway's own user of the database, who may do what it must and no more.</summary>
    private string Edge => "edge_" + database.Name;

    public string Database => database.ConnectionString;

    /// <summary>Where everybody asks; its database is there, and nothing else yet.</summary>
    public CouchProcess Gateway { get; private set; } = null!;

    public Caller Anyone => new(Gateway.Http.BaseAddress!);

    public Caller Host => Holding(HostKey);

    /// <summary>What any process has said of bugs of its own.</summary>
    public IEnumerable<string> Bugs =>
        all.SelectMany(part => part.Output.Split('\n')).Where(line => line.Contains("Answered 500", StringComparison.Ordinal));

    /// <param name="collector">Where both halves send their traces; null: nowhere.</param>
    public static async Task<SplitCouch> Start(Collector? collector = null)
    {
        var couch = new SplitCouch(
            await PostgresServer.NewDatabase(), await SimulatedVers.Start(new() { BootDelay = TimeSpan.FromMilliseconds(300) }), collector);
        await PostgresServer.Execute($"CREATE ROLE {couch.Edge} LOGIN");
        couch.Gateway = couch.Keep(await CouchProcess.StartUnready(new(couch.shared)
        {
            ["COUCH_ROLE"] = "gateway",
            ["ConnectionStrings__Couch"] = new NpgsqlConnectionStringBuilder(couch.Database) { Username = couch.Edge }.ConnectionString,
        }));
        return couch;
    }

    /// <summary>One silo more, and the gateway reaches it.</summary>
    /// <param name="way">Its own way to the database, where it has one.</param>
    public async Task<CouchProcess> AddSilo(string? way = null)
    {
        var silo = Keep(await CouchProcess.Start(new(shared.And(NodeSettings.Of(Vers)))
        {
            ["COUCH_ROLE"] = "silo",
            ["ConnectionStrings__Couch"] = way ?? Database,
        }));
        await PostgresServer.Execute(
            Database, $"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {Edge}; GRANT INSERT, UPDATE ON invite_key TO {Edge}");
        await Gateway.IsReady(TimeSpan.FromSeconds(30));
        return silo;
    }

    public Caller Holding(string bearer) => Anyone.Sending("Authorization", "Bearer " + bearer);

    public static Caller At(CouchProcess part) => part.Anyone.Sending("Authorization", "Bearer " + HostKey);

    public async ValueTask DisposeAsync()
    {
        foreach (var part in all)
            await part.DisposeAsync();
        await Vers.DisposeAsync();
        await database.DisposeAsync();
        await PostgresServer.Execute($"DROP ROLE {Edge}");
    }

    private CouchProcess Keep(CouchProcess part)
    {
        all.Add(part);
        return part;
    }
}
