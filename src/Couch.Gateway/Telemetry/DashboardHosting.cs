using Couch.Cluster;
using Couch.Gateway.Access;
using Couch.Gateway.Problems;
using Orleans.Dashboard;

namespace Couch.Gateway.Telemetry;

/// <summary>
/// Orleans' own dashboard, where it is asked for: which silos and grains there are, and how their calls fare. It knows ids, but
/// no row and no capability, and opens to the configured host key alone. A gateway, being at the edge, has none.
/// </summary>
internal static class DashboardHosting
{
    public const string Path = "/dashboard";

    public static void AddDashboard(this WebApplicationBuilder builder, HttpOptions http, CouchRole role)
    {
        // Its page of log lines would be a second way to read them, beside the operator's own.
        if (IsShown(http, role))
            builder.UseOrleans(silo => silo.AddDashboard(dashboard => dashboard.HideTrace = true));
    }

    public static void MapDashboard(this IEndpointRouteBuilder app, HttpOptions http, CouchRole role)
    {
        if (IsShown(http, role))
            app.MapOrleansDashboard(Path).AddEndpointFilter(FindNothing).RequireAuthorization(HostAccess.Policy).ExcludeFromDescription();
    }

    /// <summary>The dashboard assumes that the requested silo, id or name exists, and fails otherwise: then the answer is 404.</summary>
    private static async ValueTask<object?> FindNothing(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var silo = context.HttpContext.GetRouteValue("address") ?? context.HttpContext.GetRouteValue("path");
        if (silo is string address && !IsRunning(address, context.HttpContext.RequestServices.GetRequiredService<ISiloStatusOracle>()))
            return Refusals.Plain(404);
        try
        {
            return await next(context);
        }
        catch (Exception unknown)
            when (unknown is FormatException or ArgumentException or KeyNotFoundException or InvalidOperationException
                or NullReferenceException or InvalidCastException)
        {
            return Refusals.Plain(404);
        }
    }

    private static bool IsRunning(string address, ISiloStatusOracle silos) =>
        SiloAddress.TryParse(address, null, out var silo) && silos.GetApproximateSiloStatuses(onlyActive: true).ContainsKey(silo);

    private static bool IsShown(HttpOptions http, CouchRole role) => http.HasDashboard && role is not CouchRole.Gateway;
}
