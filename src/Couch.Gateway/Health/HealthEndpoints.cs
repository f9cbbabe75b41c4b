using Couch.Cluster.Configuration;
using Couch.Cluster.Connection;
using Couch.Cluster.Vms;
using Couch.Gateway.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Couch.Gateway.Health;

/// <summary>Tells operators whether the process lives, and whether it should be sent requests.</summary>
public static class HealthEndpoints
{
    /// <summary>The path of both endpoints' group: <c>/health</c> and <c>/health/ready</c>.</summary>
    public const string Path = "/health";

    /// <summary>Registers <see cref="Uptime"/> and <see cref="Readiness"/>, one of each in a process.</summary>
    public static void AddHealth(this IServiceCollection services) => services.AddSingleton<Uptime>().AddSingleton<Readiness>();

    /// <summary>Maps <c>GET /health</c> and <c>GET /health/ready</c>, open to all and under no rate limit.</summary>
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        // Counts from here, not from the first request.
        app.ServiceProvider.GetRequiredService<Uptime>();

        var health = app.MapGroup(Path).WithTags("Health");
        health.MapGet("", GetHealth).Refuses(500);
        health.MapGet("ready", GetReady).Refuses(500).Refuses(503, typeof(NotReadyProblem));
    }

    /// <summary>Reports that the process is alive.</summary>
    public static HealthView GetHealth(Uptime uptime) => new() { Status = "ok", Uptime = uptime.Seconds };

    /// <summary>
    /// Reports whether this process should be sent requests: 200 once its silo is active, or a gateway reaches one; otherwise 503.
    /// </summary>
    /// <remarks>
    /// A database that does not answer is reported in the answer, but does not make a process unready: that would take every node
    /// out of service at once, although each can still answer some requests. The database is asked at most once a second, and this
    /// endpoint has no rate limit.
    /// </remarks>
    public static async Task<Results<Ok<ReadyView>, Refusal>> GetReady(
        IClusterConnection connection, [FromServices] Readiness readiness, IServiceProvider services, CancellationToken cancel)
    {
        var (state, whyNot) = (connection.State, connection.WhyNot);
        var answers = await readiness.Database(cancel);
        var refused = services.GetService<SettingsRotation>()?.WhyRefused;
        return whyNot is null
            ? TypedResults.Ok(new ReadyView
            {
                Status = "ready",
                Silo = state,
                Database = answers,
                Clock = readiness.WrongClock,
                Settings = refused,
                Isolation = services.GetService<IVmProvider>()?.Isolation,
            })
            : Refusals.NotReady(state, whyNot, answers, refused);
    }
}
