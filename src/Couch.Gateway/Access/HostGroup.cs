using Couch.Domain.Keys;
using Couch.Gateway.Requests;
using Couch.Gateway.Problems;

namespace Couch.Gateway.Access;

internal static class HostGroup
{
    /// <summary>A group of endpoints for hosts: what they all require and refuse is declared here.</summary>
    /// <param name="scopes">Which host keys open them, by any of these; none: the configured key alone.</param>
    public static RouteGroupBuilder MapHostGroup(
        this IEndpointRouteBuilder app, string prefix, string tag, params IReadOnlyList<KeyScope> scopes)
    {
        var group = app.MapGroup(prefix).WithTags(tag);
        group.RequireAuthorization(HostAccess.Policy).WithMetadata(new Needs(scopes)).AcceptsAfterAccess().Refuses(401, 403, 500, 503);
        return group;
    }

    /// <summary>Says which host keys open this endpoint, instead of what its group says.</summary>
    public static TBuilder OpensTo<TBuilder>(
        this TBuilder endpoint, params IReadOnlyList<KeyScope> scopes) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new Needs(scopes));
}
