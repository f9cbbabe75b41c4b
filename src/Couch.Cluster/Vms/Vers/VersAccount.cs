using Couch.Cluster.Configuration;

namespace Couch.Cluster.Vms.Vers;

/// <summary>The key and the golden commit that are in force.</summary>
internal sealed class VersAccount(VersOptions options)
{
    private volatile Credentials current = new(options.Key, options.Commit);
    private volatile VersKey[] known = [options.Key];

    public VersKey Key => current.Key;

    public Guid Commit => current.Commit;

    public void Become(VersKey key, Guid commit)
    {
        // A call in progress may still quote an earlier key.
        if (!known.Any(one => one.IsSameAs(key)))
            known = [.. known, key];
        current = new(key, commit);
    }

    /// <inheritdoc cref="VersKey.StrikeOut"/>
    public string StrikeOut(string text) => known.Aggregate(text, (struck, key) => key.StrikeOut(struck));

    private sealed record Credentials(VersKey Key, Guid Commit);
}

/// <summary>
/// VERS_API_KEY and GOLDEN_COMMIT_ID, which may change together. A key takes effect once the provider has accepted it.
/// </summary>
internal sealed class RotatingVersAccount(VersAccount account, VersApi api) : IRotatingSetting
{
    public string Name => $"{VersOptions.KeyName}, {VersOptions.CommitName}";

    public async Task<bool> Renew(Settings settings, CancellationToken cancel)
    {
        var (key, commit) = (VersOptions.ReadKey(settings, out var hasKey), VersOptions.ReadCommit(settings, out var hasCommit));
        if (settings.Errors.Count is 0 && !(hasKey && hasCommit))
            settings.Wrong(Name, "were taken away, and cannot be while the couch runs");
        if (key is null || commit is not { } golden || settings.Errors.Count > 0 || (key.IsSameAs(account.Key) && golden == account.Commit))
            return false;

        try
        {
            if (!key.IsSameAs(account.Key))
                await api.Check(key, cancel);
        }
        catch (VmProviderException refusal)
        {
            settings.Wrong(VersOptions.KeyName, $"was exchanged, and the new one does not open the account: {refusal.Message}");
            return false;
        }

        account.Become(key, golden);
        return true;
    }
}
