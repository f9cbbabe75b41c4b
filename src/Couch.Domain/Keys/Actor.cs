using System.Text.Json.Serialization;
using Couch.Domain.Values;

namespace Couch.Domain.Keys;

/// <summary>By which host key something was done. Kept on the row that it changed.</summary>
[GenerateSerializer, Immutable, Alias("couch.Actor")]
public sealed record Actor
{
    /// <summary>Null for a host without a key of its own: the configured one, or a caller on the machine itself.</summary>
    [Id(0)] public HostKeyId? KeyId { get; init; }

    /// <summary>The key's name; <c>configured</c> or <c>loopback</c> where there is no id.</summary>
    [Id(1)] public required string Name { get; init; }

    /// <summary>
    /// The sender that an idempotency key belongs to: the id of a made key, or the name that all callers without a made key share.
    /// </summary>
    [JsonIgnore] public string Scope => KeyId?.Value ?? Name;

    /// <summary>The holder of the configured key.</summary>
    public static Actor Configured { get; } = new() { Name = "configured" };

    /// <summary>A caller on the machine itself, where no key is configured.</summary>
    public static Actor Loopback { get; } = new() { Name = "loopback" };

    /// <summary>Null where this is within bounds, or no actor is given; else a sentence. See <see cref="Bounds"/>.</summary>
    internal static string? WhyNot(Actor? actor) => actor is null
        ? null
        : Bounds.Required("the actor's name", actor.Name, Bounds.MostName)
            ?? (actor.KeyId is { } key && !HostKeyId.TryParse(key.Value, out _) ? "the actor's key must have a host key's id" : null);
}
