namespace Couch.Gateway.Problems;

internal static class ProblemsHosting
{
    public static void AddProblems(this IServiceCollection services)
    {
        services.AddExceptionHandler<Failures>();
        // A body that cannot be read is told with its reason, by Failures, instead of a bare 400.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
    }

    /// <summary>Whatever goes wrong further in leaves as a problem, the framework's own bare refusals included.</summary>
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(pages => Bare(pages.HttpContext.Response.StatusCode).ExecuteAsync(pages.HttpContext));
    }

    /// <summary>Says that an endpoint knows a refusal of its own shape, for its description.</summary>
    public static TBuilder Refuses<TBuilder>(
        this TBuilder endpoints, int status, Type problem) where TBuilder : IEndpointConventionBuilder =>
        endpoints.WithMetadata(new ProducesResponseTypeMetadata(status, problem, [Refusal.ContentType]));

    /// <summary>Says which refusals an endpoint knows, for its description.</summary>
    public static TBuilder Refuses<TBuilder>(
        this TBuilder endpoints, params ReadOnlySpan<int> statuses) where TBuilder : IEndpointConventionBuilder
    {
        foreach (var status in statuses)
            endpoints.Refuses(status, typeof(Problem));
        return endpoints;
    }

    private static Refusal Bare(int status) => status switch
    {
        413 => Refusals.BodyTooLarge,
        415 => Refusals.BodyNotJson,
        _ => Refusals.Plain(status),
    };
}
