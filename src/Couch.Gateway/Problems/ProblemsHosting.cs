using Microsoft.AspNetCore.Diagnostics;

namespace Couch.Gateway.Problems;

internal static class ProblemsHosting
{
    public static void AddProblems(this IServiceCollection services)
    {
        services.AddSingleton<Failures>();
        services.AddSingleton<IExceptionHandler>(services => services.GetRequiredService<Failures>());
        // Failures answers a body that cannot be read with the reason, instead of a bare 400.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
    }

    /// <summary>Answers every error of the inner middleware as a problem, including the framework's own refusals without a body.</summary>
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(pages => Bare(pages.HttpContext.Response.StatusCode).ExecuteAsync(pages.HttpContext));
    }

    /// <summary>Declares, for the description, that an endpoint has a refusal of its own shape.</summary>
    public static TBuilder Refuses<TBuilder>(
        this TBuilder endpoints, int status, Type problem) where TBuilder : IEndpointConventionBuilder =>
        endpoints.WithMetadata(new ProducesResponseTypeMetadata(status, problem, [Refusal.ContentType]));

    /// <summary>Declares, for the description, which refusals an endpoint has.</summary>
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
