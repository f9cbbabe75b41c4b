using System.Data.Common;
using Npgsql;

namespace Couch.Cluster.Storage;

/// <summary>PostgreSQL: the database of a cluster.</summary>
public sealed class PostgresDatabase(string connectionString, int connections) : CouchDatabase
{
    private readonly NpgsqlDataSource source = NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = connections });

    public override string Invariant => "Npgsql";
    public override string Where => "PostgreSQL";
    public override DbDataSource Writes => source;
    public override DbDataSource Reads => source;

    /// <summary>Null where <paramref name="connectionString"/> names a PostgreSQL database; else why not, quoting no secret.</summary>
    public static string? WhyUnusable(string connectionString) => null;

    public override Task Upgrade(CancellationToken cancel) => throw new NotSupportedException();
    public override Task<string?> WhyNotReady(CancellationToken cancel) => throw new NotSupportedException();
    public override string Explain(Exception failure) => throw new NotSupportedException();
    public override ValueTask DisposeAsync() => source.DisposeAsync();
}
