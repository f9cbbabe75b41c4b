using Couch.Domain.Capabilities;

namespace Couch.Cluster.Configuration;

/// <summary>
/// COUCH_SIGNING_KEY. It is exchanged as deploy/upgrade.md describes: the new key is first added beside the old one.
/// </summary>
internal sealed class RotatingSigningKeys(SigningKeys keys) : IRotatingSetting
{
    public string Name => CouchOptions.SigningKeyName;

    public Task<bool> Renew(Settings settings, CancellationToken cancel)
    {
        var next = CouchOptions.ReadSigningKeys(settings);
        if (next is null && settings.Errors.Count is 0)
            settings.Wrong(Name, "was taken away, and cannot be while the couch runs");
        else if (next is not null && !next.SharesKeyWith(keys))
            settings.Wrong(Name, "has none of the keys that count so far, so this process and others would not accept each other: add the "
                + "new key to the old ones first");
        if (next is null || settings.Errors.Count > 0 || next.IsSameAs(keys))
            return Task.FromResult(false);
        keys.Become(next);
        return Task.FromResult(true);
    }
}
