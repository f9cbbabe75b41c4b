using Couch.Domain.Keys;

namespace Couch.Cluster.Keys;

/// <summary>
/// One host key, keyed by its id: owns its row. A check of a key reads the row itself, see <see cref="HostKeys"/>: a revocation
/// takes effect from the moment that it is written. Any call may throw <see cref="Storage.StorageUnavailableException"/>: the
/// outcome is then unknown, and asking again is safe. A call with a value out of bounds throws
/// <see cref="Domain.Values.OutOfBoundsException"/>, and changes nothing.
/// </summary>
[Alias("couch.IHostKeyGrain")]
public interface IHostKeyGrain : IGrainWithStringKey
{
    /// <summary>Creates the key, or returns the one that has this id.</summary>
    [Alias("Create")]
    Task<HostKey> Create(HostKey key);

    /// <summary>Revokes the key; null when no key has this id. The call is idempotent.</summary>
    [Alias("Revoke")]
    Task<HostKey?> Revoke(Actor by);
}
