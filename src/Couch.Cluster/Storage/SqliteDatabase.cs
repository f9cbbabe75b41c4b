using System.Data.Common;

namespace Couch.Cluster.Storage;

/// <summary>SQLite: the database of a single node.</summary>
public sealed class SqliteDatabase : CouchDatabase
{
    public static SqliteDatabase Open(string folder) => throw new NotSupportedException(folder);
    public override string Invariant => "System.Data.SQLite";
    public override string Where => throw new NotSupportedException();
    public override DbDataSource Writes => throw new NotSupportedException();
    public override DbDataSource Reads => throw new NotSupportedException();
    public Couch.Domain.Capabilities.SigningKeys SigningKeys(System.Security.Cryptography.RandomNumberGenerator chance) => throw new NotSupportedException(chance.ToString());
    public override Task Upgrade(CancellationToken cancel) => throw new NotSupportedException();
    public override Task<string?> WhyNotReady(CancellationToken cancel) => throw new NotSupportedException();
    public override string Explain(Exception failure) => throw new NotSupportedException();
    public override ValueTask DisposeAsync() => throw new NotSupportedException();
}
