namespace Couch.Client;

/// <summary>A host key, without its text.</summary>
public sealed record HostKey
{
    /// <summary>Its ULID.</summary>
    public required string Id { get; init; }

    /// <summary>What it is for.</summary>
    public required string Name { get; init; }

    /// <summary>Its scopes: see <see cref="KeyScope"/>.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The host key that made it.</summary>
    public Actor CreatedWith { get; init => field = value ?? Actor.Nobody; } = Actor.Nobody;

    /// <summary>When it expires; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was revoked; null when it was not.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The host key that revoked it; nobody's where it was not revoked.</summary>
    public Actor RevokedWith { get; init => field = value ?? Actor.Nobody; } = Actor.Nobody;
}

/// <summary>A host key that has just been made.</summary>
public sealed record CreatedHostKey
{
    /// <summary>Its text, beginning <c>couch_</c>: shown here and nowhere else.</summary>
    public required Secret Key { get; init; }

    /// <summary>Its ULID.</summary>
    public required string Id { get; init; }

    /// <summary>What it is for.</summary>
    public required string Name { get; init; }

    /// <summary>Its scopes: see <see cref="KeyScope"/>.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it expires; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A host key to be made.</summary>
public sealed record NewHostKey
{
    /// <summary>What the key is for: 1 to 128 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Its scopes, at least one: see <see cref="KeyScope"/>. The key that makes it must have all of them.</summary>
    public required IReadOnlyCollection<string> Scopes { get; init; }

    /// <summary>How long it is valid, in hours: more than 0, at most 87,600. Default: as long as the key that makes it.</summary>
    public double? ExpiresInHours { get; init; }
}

/// <summary>A page of host keys.</summary>
public sealed record HostKeyPage
{
    /// <summary>The keys, newest first.</summary>
    public required IReadOnlyList<HostKey> Keys { get; init; }

    /// <summary>How many are on this page.</summary>
    public int Count { get; init; }

    /// <summary>Where the next page begins; null at the end.</summary>
    public string? NextCursor { get; init; }

    /// <summary>Ids of keys that belong here and whose stored rows the couch cannot read; empty unless something is wrong.</summary>
    public IReadOnlyList<string> Unreadable { get; init => field = value ?? []; } = [];
}
