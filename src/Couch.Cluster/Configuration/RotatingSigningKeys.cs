using Couch.Domain.Capabilities;

namespace Couch.Cluster.Configuration;

/// <summary>
/// COUCH_SIGNING_KEY. It is exchanged as deploy/upgrade.md describes: the new key is first added beside the old one.
/// </summary>
internal sealed class RotatingSigningKeys(SigningKeys keys, CouchOptions options) : IRotatingSetting
{
    /// <summary>False: a single node goes by the key that it has made for itself.</summary>
    private bool isGiven = options.SigningKeys is not null;

    public string Name => CouchOptions.SigningKeyName;

    public Task<bool> Renew(Settings settings, CancellationToken cancel)
    {
        var next = CouchOptions.ReadSigningKeys(settings);
        if (next is null && isGiven && settings.Errors.Count is 0)
            settings.Wrong(Name, "was taken away, and cannot be while the couch runs");
        else if (next is not null && !next.SharesKeyWith(keys))
            settings.Wrong(Name, isGiven
                ? "has none of the keys that count so far, so this process and others would not accept each other: add the new key to the "
                    + "old ones first"
                : "has not the key that this node made for itself, so with its next start every code and token would count for nothing: "
                    + "add the text of signing.key in COUCH_DATA_DIR to it, after a comma");
        if (next is null || settings.Errors.Count > 0 || next.IsSameAs(keys))
            return Task.FromResult(false);
        keys.Become(next);
        isGiven = true;
        return Task.FromResult(true);
    }
}
