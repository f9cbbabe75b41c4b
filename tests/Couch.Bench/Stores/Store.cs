using System.Data.Common;
using System.Text;
using Couch.Bench.Rows;
using Couch.Cluster;
using Couch.Cluster.Storage;

namespace Couch.Bench.Stores;

/// <summary>A database of a couch's own, filled before the couch starts. Gone when disposed.</summary>
internal abstract class Store : IAsyncDisposable
{
    /// <summary>The settings by which a couch finds it.</summary>
    public abstract IReadOnlyDictionary<string, string> Environment { get; }

    protected abstract CouchOptions Options { get; }

    /// <summary>Makes the schema, by the couch's own means, and fills it.</summary>
    public async Task Fill(Population population)
    {
        await Make();
        await using (var database = Open())
            await database.Upgrade(CancellationToken.None);
        await Load(population);
    }

    /// <summary>The database as a node opens it. Only while no couch uses this one.</summary>
    public CouchDatabase Open() => CouchDatabase.Open(Options);

    /// <summary>Gives the couch its mark on VMs. Only before a couch uses this one.</summary>
    public async Task Name(string installation)
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        await using var insert = connection.CreateCommand();
        insert.CommandText = $"INSERT INTO installation (service, id) VALUES ('{GrainKinds.Service}', '{installation}')";
        await insert.ExecuteNonQueryAsync();
    }

    /// <summary>A copy with nothing in front of it. Only before a couch uses this one.</summary>
    public abstract Task<BareWriter> CopyBare();

    /// <summary>A grain's row as it stands in the table.</summary>
    public async Task<StoredRow> ReadRow(string kind, string id)
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        await using var query = connection.CreateCommand();
        query.CommandText = $"SELECT version, CAST(state AS TEXT) FROM grain_state WHERE kind = '{kind}' AND id = '{id}'";
        await using var row = await query.ExecuteReaderAsync();
        await row.ReadAsync();
        return new(kind, id, row.GetInt32(0), Encoding.UTF8.GetBytes(row.GetString(1)));
    }

    public abstract ValueTask DisposeAsync();

    /// <summary>A connection past every pool: one that lingers would keep the database from being copied or dropped.</summary>
    protected abstract DbConnection Connect();

    /// <summary>Makes it, empty, where the couch does not do so by itself.</summary>
    protected virtual Task Make() => Task.CompletedTask;

    protected abstract Task Load(Population population);
}

/// <summary>One of the two engines.</summary>
/// <param name="Version">What it calls itself, and what it does to make a commit durable.</param>
/// <param name="NewStore">Makes an empty store.</param>
internal sealed record StorageEngine(string Name, string Version, Func<Store> NewStore);
