using Couch.Cluster.Keys;
using Couch.Domain.Capabilities;
using Couch.Domain.Keys;
using Couch.Domain.Text;

namespace Couch.Gateway.Access;

/// <summary>Finds the host that a host key stands for: the configured one, or one made under it.</summary>
internal sealed class HostKeyring(
    ConfiguredHostKey configured, SigningKeys signing, HostKeys keys, SharedKeyReads sharedReads, TimeProvider clock)
{
    /// <summary>The host that a request shows to be one, by a key or, where none is configured, by coming from this machine.</summary>
    /// <remarks>Without a configured key, a presented one does not matter.</remarks>
    public async Task<HostCaller?> Find(HttpContext http)
    {
        if (!configured.IsSet)
            return OriginalCaller.IsOnThisMachine(http) ? HostCaller.Loopback : null;
        return Bearer.Of(http.Request) is { } presented ? await Find(presented, http) : null;
    }

    /// <summary>The host that presents this text; null where it is no host key, or one that is no longer good.</summary>
    public async Task<HostCaller?> Find(string presented, HttpContext http)
    {
        if (configured.Is(presented))
            return HostCaller.Configured;
        // A forged key costs a hash.
        return signing.TryVerifyHostKey(presented, out var id) ? await Find(id, http) : null;
    }

    /// <summary>The host with this made key, which is looked up at each request, so that a revocation takes effect at once.</summary>
    /// <remarks>Once an answer has begun, its request was let in, and what asks again is the stream.</remarks>
    public async Task<HostCaller?> Find(HostKeyId id, HttpContext http)
    {
        var key = http.Response.HasStarted ? await sharedReads.Find(id, http.RequestAborted) : await keys.Find(id, http.RequestAborted);
        return key is not null && key.IsGood(clock.Now()) ? new HostCaller(key.Actor, new(key.Scopes, key.ExpiresAt)) : null;
    }
}
