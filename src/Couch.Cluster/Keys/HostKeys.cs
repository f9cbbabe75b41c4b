using Couch.Cluster.Storage;
using Couch.Domain.Keys;

namespace Couch.Cluster.Keys;

/// <summary>
/// Host keys as the table has them. Each request that presents a key reads it again: a write takes effect at once on every node,
/// whichever node holds the key's grain, and even while that grain moves.
/// </summary>
public sealed class HostKeys(CouchDatabase database)
{
    internal const string Query = "SELECT CAST(state AS TEXT) FROM grain_state WHERE service = @service AND kind = @kind AND id = @id";

    /// <summary>The key; null where no key has this id.</summary>
    /// <exception cref="UnreadableRowException">
    /// The key's row cannot be read. It is unknown what the key permits, so it permits nothing.
    /// </exception>
    public async Task<HostKey?> Find(HostKeyId id, CancellationToken cancel)
    {
        var rows = await database.Ask(
            Query, [("kind", GrainKinds.HostKey), ("id", id.Value)], row => row.IsDBNull(0) ? null : row.GetString(0), cancel);
        if (rows is not [{ } text])
            return null;
        return StoredJson.TryRead<HostKey>(id.Value, text, out var why)
            ?? throw new UnreadableRowException(GrainKinds.HostKey, id.Value, why);
    }
}
