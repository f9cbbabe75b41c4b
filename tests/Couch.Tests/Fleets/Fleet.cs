using Couch.Tests.Support;
using Couch.VersSimulator;

namespace Couch.Tests.Fleets;

/// <summary>Nodes of one couch, each a process of its own, on one PostgreSQL and one simulated provider, behind a balancer.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly string program;
    private readonly Dictionary<string, string> environment;
    private readonly List<CouchProcess> all = [];
    private readonly List<CouchProcess> living = [];

    private Fleet(string database, SimulatedVers vers, Tally tally, string program)
    {
        this.program = program;
        (Vers, Balancer, Database) = (vers, new(tally), database);
        environment = new(NodeSettings.Of(database).And(NodeSettings.Of(vers)))
        {
            ["COUCH_DB_CONNECTIONS"] = "25",
            ["COUCH_VERS_DEDICATED"] = "true",
        };
    }

    public string Database { get; }

    public SimulatedVers Vers { get; }

    public Balancer Balancer { get; }

    /// <summary>Those that nobody has killed, the oldest first.</summary>
    public IReadOnlyList<CouchProcess> Living => living;

    /// <summary>What nodes have said of bugs of their own.</summary>
    public IEnumerable<string> Bugs =>
        all.SelectMany(node => node.Output.Split('\n')).Where(line => line.Contains("Answered 500", StringComparison.Ordinal));

    public static async Task<Fleet> Start(int nodes, string database, Tally tally, string program = CouchProcess.Gateway,
        Func<int, Dictionary<string, string>>? settings = null)
    {
        var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.FromMilliseconds(300) });
        var fleet = new Fleet(database, vers, tally, program);
        try
        {
            // One after another: that several may start at once is claimed elsewhere.
            for (var node = 0; node < nodes; node++)
                await fleet.Add(settings?.Invoke(node));
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>One node more; the balancer knows it once it is ready.</summary>
    /// <param name="settings">What this node alone is told.</param>
    public Task<CouchProcess> Add(Dictionary<string, string>? settings = null) => AddOf(program, settings);

    /// <summary>One node more, of another program than the fleet began with.</summary>
    public async Task<CouchProcess> AddOf(string program, Dictionary<string, string>? settings = null)
    {
        var node = await CouchProcess.Start(environment.And(settings ?? []), program);
        lock (living)
        {
            all.Add(node);
            living.Add(node);
        }

        Balancer.Add(node.Http.BaseAddress!);
        return node;
    }

    /// <summary>SIGKILL. The balancer finds out by itself, as one does, and is told a little later.</summary>
    public async Task Kill(CouchProcess node)
    {
        Forget(node);
        await node.KillHard();
        Balancer.Remove(node.Http.BaseAddress!);
    }

    /// <summary>SIGTERM; the balancer goes on sending to it until it is gone.</summary>
    public async Task End(CouchProcess node)
    {
        Forget(node);
        await node.End();
        Balancer.Remove(node.Http.BaseAddress!);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in all)
            await node.DisposeAsync();
        await Vers.DisposeAsync();
        Balancer.Dispose();
    }

    private void Forget(CouchProcess node)
    {
        lock (living)
            living.Remove(node);
    }
}
