using System.Text.Json;
using Couch.Domain.Keys;
using Couch.Domain.Text;

namespace Couch.Cluster.Storage;

/// <summary>
/// Host keys as the table has them. Read anew for each request that presents one: what is written counts at once on
/// every node, whichever of them holds the key's grain, and whether or not that grain is just moving.
/// </summary>
public sealed class HostKeys(CouchDatabase database)
{
    internal const string Query = "SELECT CAST(state AS TEXT) FROM grain_state WHERE service = @service AND kind = @kind AND id = @id";

    /// <summary>The key; null where no key has this id.</summary>
    public Task<HostKey?> Find(HostKeyId id, CancellationToken cancel) => database.Guard(async () =>
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = Query;
        command.Add("service", GrainKinds.Service);
        command.Add("kind", GrainKinds.HostKey);
        command.Add("id", id.Value);
        var rows = await command.Rows(row => JsonSerializer.Deserialize<HostKey>(row.GetString(0), CouchJson.Stored), cancel);
        return rows is [var key] ? key : null;
    });
}
