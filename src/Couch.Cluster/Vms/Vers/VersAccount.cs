using Couch.Cluster.Configuration;

namespace Couch.Cluster.Vms.Vers;

/// <summary>The key and the golden commit that are in force.</summary>
internal sealed class VersAccount(VersOptions options)
{
    private volatile Credentials current = new(options.Key, options.Commit);
    private volatile VersKey[] known = [options.Key];

    public VersKey Key => current.Key;

    public Guid Commit => current.Commit;

    /// <summary>Strikes out a key that is not in force yet, too: the provider may quote the one that it refuses.</summary>
    public void KeepSecret(VersKey key)
    {
        // A call in progress may still quote an earlier key.
        if (!known.Any(one => one.IsSameAs(key)))
            known = [.. known, key];
    }

    public void Become(VersKey key, Guid commit)
    {
        KeepSecret(key);
        current = new(key, commit);
    }

    /// <inheritdoc cref="VersKey.StrikeOut"/>
    public string StrikeOut(string text) => known.Aggregate(text, (struck, key) => key.StrikeOut(struck));

    private sealed record Credentials(VersKey Key, Guid Commit);
}

/// <summary>
/// VERS_API_KEY and GOLDEN_COMMIT_ID, which may change together. They take effect once the provider has accepted the key, and has the
/// commit for it: VMs of another would be refused at every redeem.
/// </summary>
internal sealed class RotatingVersAccount(VersAccount account, VersApi api) : IRotatingSetting
{
    public string Name => $"{VersOptions.KeyName}, {VersOptions.CommitName}";

    public async Task<bool> Renew(Settings settings, CancellationToken cancel)
    {
        var (key, commit) = (VersOptions.ReadKey(settings, out var hasKey), VersOptions.ReadCommit(settings, out var hasCommit));
        if (settings.Errors.Count is 0 && !(hasKey && hasCommit))
            settings.Wrong(Name, "were taken away, and cannot be while the couch runs");
        if (key is null || commit is not { } golden || settings.Errors.Count > 0)
            return false;
        var (isKeyNew, isCommitNew) = (!key.IsSameAs(account.Key), golden != account.Commit);
        if (!isKeyNew && !isCommitNew)
            return false;

        account.KeepSecret(key);
        if (isKeyNew && await WhyNot(api.Check(key, cancel)) is { } whyNotKey)
            settings.Wrong(VersOptions.KeyName, $"was exchanged, and the new one does not open the account: {whyNotKey}");
        else if (await WhyNot(api.CheckCommit(golden, key, cancel)) is { } whyNotCommit)
            settings.Wrong(isCommitNew ? VersOptions.CommitName : VersOptions.KeyName, isCommitNew
                ? $"was exchanged, and the new one cannot be used: {whyNotCommit}"
                : $"was exchanged, and with the new one GOLDEN_COMMIT_ID cannot be used: {whyNotCommit}");
        else
            account.Become(key, golden);
        return settings.Errors.Count is 0;
    }

    private static async Task<string?> WhyNot(Task check)
    {
        try
        {
            await check;
            return null;
        }
        catch (VmProviderException refusal)
        {
            return refusal.Message;
        }
    }
}
