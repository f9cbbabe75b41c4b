using Couch.Cluster;
using Couch.Gateway.Access;
using Orleans.Dashboard;

namespace Couch.Gateway.Telemetry;

/// <summary>
/// Orleans' own dashboard, where it is asked for: which silos and grains there are, and how their calls fare. It knows ids, but
/// no row and no capability, and opens to the configured host key alone. A gateway, being at the edge, has none.
/// </summary>
internal static class DashboardHosting
{
    public const string Path = "/dashboard";

    public static void AddDashboard(this WebApplicationBuilder builder, GatewayOptions gateway, CouchRole role)
    {
        // Its page of log lines would be a second way to them, beside the operator's own.
        if (IsShown(gateway, role))
            builder.UseOrleans(silo => silo.AddDashboard(dashboard => dashboard.HideTrace = true));
    }

    public static void MapDashboard(this IEndpointRouteBuilder app, GatewayOptions gateway, CouchRole role)
    {
        if (IsShown(gateway, role))
            app.MapOrleansDashboard(Path).RequireAuthorization(HostAccess.Policy).ExcludeFromDescription();
    }

    private static bool IsShown(GatewayOptions gateway, CouchRole role) => gateway.HasDashboard && role is not CouchRole.Gateway;
}
