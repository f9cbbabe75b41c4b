using System.Text.Json.Serialization;
using Couch.Domain.Values;

namespace Couch.Domain.Keys;

/// <summary>
/// A host key made in addition to the configured one, with fewer rights. Its text is derived from its id and is not stored. It is valid
/// until it is revoked or its time is up, and never becomes valid again.
/// </summary>
[GenerateSerializer, Immutable, Alias("couch.HostKey")]
public sealed record HostKey
{
    /// <summary>The longest a key with an end may be good for, in hours: ten years.</summary>
    public const double MostHours = 87_600;

    /// <summary>The id that its text carries. It contains <see cref="CreatedAt"/>.</summary>
    [Id(0)] public required HostKeyId Id { get; init; }

    /// <summary>What the key is for, in its maker's words: not blank, at most <see cref="Bounds.MostName"/> UTF-16 units.</summary>
    [Id(1)] public required string Name { get; init; }

    /// <summary>What the key is good for. It never changes.</summary>
    [Id(2)] public required KeyScopes Scopes { get; init; }

    /// <summary>By which host key it was made.</summary>
    [Id(3)] public required Actor CreatedWith { get; init; }

    /// <summary>When its time is up; null: never.</summary>
    [Id(4)] public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was revoked; null until then.</summary>
    [Id(5)] public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>By which host key it was revoked; null until then.</summary>
    [Id(6)] public Actor? RevokedWith { get; init; }

    /// <summary>The millisecond the key was made, taken from the id.</summary>
    [JsonIgnore] public DateTimeOffset CreatedAt => Id.CreatedAt;

    /// <summary>This key as the actor of a change: its id and its name.</summary>
    [JsonIgnore] public Actor Actor => new() { KeyId = Id, Name = Name };

    /// <summary>Checks a key that was made, before it is kept.</summary>
    /// <param name="id">The id that it is kept under.</param>
    /// <exception cref="OutOfBoundsException">It is not within bounds, or has another id.</exception>
    public void MustBeNew(string id) => Bounds.Demand(
        HostKeyId.TryParse(id, out var own) && own == Id ? null : "id must be the key's own",
        Bounds.Required("name", Name, Bounds.MostName),
        Bounds.Present("scopes", Scopes),
        Bounds.Present("createdWith", CreatedWith),
        Actor.WhyNot(CreatedWith),
        RevokedAt is null && RevokedWith is null ? null : "a new key must not be revoked");

    /// <summary>False once the key is revoked, and from <see cref="ExpiresAt"/> on; else true.</summary>
    public bool IsGood(DateTimeOffset now) => RevokedAt is null && !(now >= ExpiresAt);

    /// <summary>The key, revoked. A second revocation changes nothing: the first actor and time stay.</summary>
    public HostKey Revoke(Actor by, DateTimeOffset now)
    {
        Bounds.Demand(Actor.WhyNot(by));
        return RevokedAt is null ? this with { RevokedAt = now, RevokedWith = by } : this;
    }
}
