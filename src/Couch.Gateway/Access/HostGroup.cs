using Couch.Gateway.Bodies;
using Couch.Gateway.Problems;

namespace Couch.Gateway.Access;

internal static class HostGroup
{
    /// <summary>Endpoints for whoever is a host: what all of them ask and refuse is said here, once.</summary>
    public static RouteGroupBuilder MapHostGroup(this IEndpointRouteBuilder app, string prefix, string tag)
    {
        var group = app.MapGroup(prefix).WithTags(tag);
        group.RequireAuthorization(HostAccess.Policy).AcceptsAfterAccess().Refuses(401, 500, 503);
        return group;
    }
}
