using Couch.Domain.Keys;

namespace Couch.Gateway.Access;

/// <summary>The host key that did something; both fields are null when it was not done.</summary>
public sealed record ActorView
{
    /// <summary>
    /// The key's id; null for the configured key, and for a caller on the machine itself when no key is configured.
    /// </summary>
    public required string? KeyId { get; init; }

    /// <summary>The key's name; without an id it is <c>configured</c> or <c>loopback</c>. Null when there is none.</summary>
    public required string? Name { get; init; }

    internal static ActorView Of(Actor? actor) => new() { KeyId = actor?.KeyId?.Value, Name = actor?.Name };

    internal static ActorView? OfOrNull(Actor? actor) => actor is null ? null : Of(actor);
}
