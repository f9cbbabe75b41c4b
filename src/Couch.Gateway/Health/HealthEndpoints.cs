using Couch.Cluster.Storage;
using Couch.Gateway.Access;

namespace Couch.Gateway.Health;

/// <summary>For whoever keeps the couch running: does it live, and should it be sent requests?</summary>
public static class HealthEndpoints
{
    public static void AddHealth(this IServiceCollection services) => services.AddSingleton<Uptime>();

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        // Counts from here, not from whoever asks first.
        app.ServiceProvider.GetRequiredService<Uptime>();

        var health = app.MapPublicGroup("/health", "Health");
        health.MapGet("", GetHealth);
        health.MapGet("ready", GetReady).Produces<ReadyView>().Produces<ReadyView>(503);
    }

    /// <summary>Says that the process lives.</summary>
    public static HealthView GetHealth(Uptime uptime) => new() { Status = "ok", Uptime = uptime.Seconds };

    /// <summary>Says whether this node should be sent requests: 200 once its silo is active, else 503.</summary>
    /// <remarks>
    /// A database that does not answer is told, but is no reason to be sent nothing: it would take every node out at once,
    /// and each answers what it can.
    /// </remarks>
    public static async Task<IResult> GetReady(ISiloStatusOracle silo, CouchDatabase database, CancellationToken cancel)
    {
        var isActive = silo.CurrentStatus is SiloStatus.Active;
        var view = new ReadyView
        {
            Status = isActive ? "ready" : "not ready",
            Silo = silo.CurrentStatus.ToString().ToLowerInvariant(),
            Database = await database.WhyNotReady(cancel) ?? "ok",
        };
        return TypedResults.Json(view, statusCode: isActive ? 200 : 503);
    }
}
