using Couch.Domain.Keys;
using Microsoft.AspNetCore.Http.Features;

namespace Couch.Gateway.Access;

/// <summary>Which host is asking: what it may do, until when, and the name under which its changes are kept.</summary>
internal sealed record HostCaller(Actor Actor, KeyAuthority Authority)
{
    public static HostCaller Configured { get; } = new(Actor.Configured, KeyAuthority.Full);

    public static HostCaller Loopback { get; } = new(Actor.Loopback, KeyAuthority.Full);

    /// <summary>Whom the door has let in; only behind it.</summary>
    public static HostCaller Of(HttpContext context) => context.Features.GetRequiredFeature<HostCaller>();
}

/// <summary>Which host keys open an endpoint: those with any of these scopes. The nearest to the endpoint counts.</summary>
internal sealed record Needs(params IReadOnlyList<KeyScope> AnyOf);
