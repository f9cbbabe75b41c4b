using Couch.Domain.Keys;
using Microsoft.AspNetCore.Http.Features;

namespace Couch.Gateway.Access;

/// <summary>The host that sent a request: what it may do, until when, and the name under which its changes are recorded.</summary>
internal sealed record HostCaller(Actor Actor, KeyAuthority Authority)
{
    public static HostCaller Configured { get; } = new(Actor.Configured, KeyAuthority.Full);

    public static HostCaller Loopback { get; } = new(Actor.Loopback, KeyAuthority.Full);

    /// <summary>Whether its key opens this endpoint of hosts'. One that names no scope accepts no made key.</summary>
    public bool MayCall(Endpoint? endpoint) =>
        Actor.KeyId is null
        || (endpoint?.Metadata.GetMetadata<Needs>() is { } needs && needs.AnyOf.Any(Authority.Scopes.Has));

    /// <summary>The host that the access check has let in; available only after that check.</summary>
    public static HostCaller Of(HttpContext context) => context.Features.GetRequiredFeature<HostCaller>();
}

/// <summary>Which host keys open an endpoint: those with any of these scopes. The declaration nearest to the endpoint counts.</summary>
internal sealed record Needs(params IReadOnlyList<KeyScope> AnyOf);
