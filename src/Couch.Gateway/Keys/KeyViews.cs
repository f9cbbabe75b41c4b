using Couch.Domain.Capabilities;
using Couch.Domain.Keys;
using Couch.Gateway.Access;

namespace Couch.Gateway.Keys;

/// <summary>A host key, without its text.</summary>
public sealed record HostKeyView
{
    /// <summary>Its ULID.</summary>
    public required string Id { get; init; }

    /// <summary>What it is for.</summary>
    public required string Name { get; init; }

    /// <summary>Its scopes.</summary>
    public required IReadOnlyList<KeyScope> Scopes { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The host key that made it.</summary>
    public required ActorView CreatedWith { get; init; }

    /// <summary>When it expires; null: never.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was revoked; null when it was not.</summary>
    public required DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The host key that revoked it; both fields are null when it was not revoked.</summary>
    public required ActorView RevokedWith { get; init; }

    internal static HostKeyView Of(HostKey key) => new()
    {
        Id = key.Id.Value,
        Name = key.Name,
        Scopes = key.Scopes.Each,
        CreatedAt = key.CreatedAt,
        CreatedWith = ActorView.Of(key.CreatedWith),
        ExpiresAt = key.ExpiresAt,
        RevokedAt = key.RevokedAt,
        RevokedWith = ActorView.Of(key.RevokedWith),
    };
}

/// <summary>A host key that has just been made.</summary>
public sealed record CreatedKeyView
{
    /// <summary>Its text, beginning <c>couch_</c>: shown here and nowhere else.</summary>
    public required string Key { get; init; }

    /// <summary>Its ULID.</summary>
    public required string Id { get; init; }

    /// <summary>What it is for.</summary>
    public required string Name { get; init; }

    /// <summary>Its scopes.</summary>
    public required IReadOnlyList<KeyScope> Scopes { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it expires; null: never.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    internal static CreatedKeyView Of(HostKey key, SigningKeys signing) => new()
    {
        Key = signing.Sign(key.Id).Reveal(),
        Id = key.Id.Value,
        Name = key.Name,
        Scopes = key.Scopes.Each,
        CreatedAt = key.CreatedAt,
        ExpiresAt = key.ExpiresAt,
    };
}

/// <summary>A page of host keys.</summary>
public sealed record HostKeyList
{
    /// <summary>The keys, newest first.</summary>
    public required IReadOnlyList<HostKeyView> Keys { get; init; }

    /// <summary>How many are in this answer.</summary>
    public required int Count { get; init; }

    /// <summary>The <c>cursor</c> of the next page; null at the end.</summary>
    public required string? NextCursor { get; init; }

    /// <summary>
    /// Ids of keys that belong here and whose stored rows this version of the couch cannot read; not in the count, and empty unless
    /// something is wrong.
    /// </summary>
    public required IReadOnlyList<string> Unreadable { get; init; }
}
