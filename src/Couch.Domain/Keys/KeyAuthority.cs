using Couch.Domain.Text;

namespace Couch.Domain.Keys;

/// <summary>
/// What the holder of a host key may do to other keys. It may give only scopes and times that its own key has, and it may revoke only keys
/// that have no scope which its own key lacks. How long a revoked key would have been valid does not matter, because a revocation only
/// shortens that time.
/// </summary>
/// <param name="EndsAt">When its own key's time is up; null: never.</param>
public sealed record KeyAuthority(KeyScopes Scopes, DateTimeOffset? EndsAt)
{
    /// <summary>Everything, for ever: the configured key's, and that of a caller on this machine where there is no key.</summary>
    public static KeyAuthority Full { get; } = new(KeyScopes.All, null);

    /// <summary>Whether a key may be made.</summary>
    /// <param name="createdAt">When its time begins.</param>
    /// <param name="hours">How long it is to be good for; null: as long as the holder's own.</param>
    public GrantOutcome Grant(KeyScopes scopes, double? hours, DateTimeOffset createdAt)
    {
        if (Scopes.Lacking(scopes) is [_, ..] lacking)
            return new GrantOutcome.LacksScopes(lacking);
        var expiresAt = hours is { } some ? createdAt.AddWholeHours(some) : EndsAt;
        return expiresAt > EndsAt ? new GrantOutcome.OutlivesHolder(EndsAt.Value) : new GrantOutcome.Granted(expiresAt);
    }

    /// <summary>The scopes that the holder lacks and that therefore prevent it from revoking a key; empty where it may.</summary>
    public IReadOnlyList<KeyScope> LackedToRevoke(HostKey key) => Scopes.Lacking(key.Scopes);
}

/// <summary>Whether a key may be made. Closed: these cases and no others.</summary>
public abstract record GrantOutcome
{
    private GrantOutcome() { }

    /// <param name="ExpiresAt">When its time is up; null: never.</param>
    public sealed record Granted(DateTimeOffset? ExpiresAt) : GrantOutcome;

    /// <summary>It would have scopes that its maker lacks.</summary>
    public sealed record LacksScopes(IReadOnlyList<KeyScope> Lacking) : GrantOutcome;

    /// <summary>It would be good for longer than its maker's own key.</summary>
    public sealed record OutlivesHolder(DateTimeOffset EndsAt) : GrantOutcome;
}
