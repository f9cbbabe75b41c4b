using Couch.Gateway.Bodies;
using Couch.Gateway.Problems;

namespace Couch.Gateway.Access;

/// <summary>The two kinds of endpoint there are. What every endpoint of a kind does is said here, once.</summary>
internal static class HostGroups
{
    /// <summary>Endpoints for whoever is a host.</summary>
    public static RouteGroupBuilder MapHostGroup(this IEndpointRouteBuilder app, string prefix, string tag)
    {
        var group = app.MapGroup(prefix).WithTags(tag);
        group.RequireAuthorization(HostAccess.Policy).AcceptsAfterAccess().Refuses(401, 500, 503);
        return group;
    }

    /// <summary>Endpoints whose request carries its own authority, counted per client address.</summary>
    public static RouteGroupBuilder MapPublicGroup(this IEndpointRouteBuilder app, string prefix, string tag)
    {
        var group = app.MapGroup(prefix).WithTags(tag);
        group.AcceptsAfterAccess().Refuses(429, 500, 503);
        return group;
    }
}
