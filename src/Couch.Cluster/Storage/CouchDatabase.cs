using System.Data.Common;

namespace Couch.Cluster.Storage;

/// <summary>
/// The database behind a node: one schema, two engines. Owns its data sources; whoever opened it disposes it.
/// </summary>
public abstract class CouchDatabase : IAsyncDisposable
{
    /// <summary>Opens the database that <paramref name="options"/> name. Nothing is changed yet; see <see cref="Upgrade"/>.</summary>
    /// <exception cref="Configuration.SettingsException">It cannot be used at all: the message says why and what to do.</exception>
    public static CouchDatabase Open(CouchOptions options) =>
        options.Postgres is { } connectionString
            ? new PostgresDatabase(connectionString, options.DatabaseConnections)
            : SqliteDatabase.Open(options.DataFolder);

    /// <summary>Orleans' name for the ADO.NET client.</summary>
    public abstract string Invariant { get; }

    /// <summary>Where the data is, as an operator would say it; no password in it.</summary>
    public abstract string Where { get; }

    /// <summary>Connections for whoever may write, Orleans' providers included.</summary>
    public abstract DbDataSource Writes { get; }

    /// <summary>Connections for whoever only reads: never behind a writer.</summary>
    public abstract DbDataSource Reads { get; }

    /// <summary>Brings the schema up to this version, under a lock: any number of nodes may start at once on an empty database.</summary>
    public abstract Task Upgrade(CancellationToken cancel);

    /// <summary>Null where the database answers within a second; else why it does not, in a sentence without secrets.</summary>
    public abstract Task<string?> WhyNotReady(CancellationToken cancel);

    /// <summary>Runs <paramref name="work"/>; whatever the database does wrong becomes a <see cref="StorageUnavailableException"/>.</summary>
    public async Task<T> Guard<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception failure) when (failure is DbException or TimeoutException or IOException)
        {
            throw new StorageUnavailableException(Explain(failure), failure);
        }
    }

    /// <summary>What is wrong with the database, in a sentence for an operator, without secrets.</summary>
    public abstract string Explain(Exception failure);

    public abstract ValueTask DisposeAsync();
}

internal static class DbCommands
{
    public static void Add(this DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}
