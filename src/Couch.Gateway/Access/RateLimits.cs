using System.Globalization;
using Couch.Gateway.Problems;

namespace Couch.Gateway.Access;

/// <summary>How often one client address may call the public endpoints, in windows of a minute. Requests are not queued.</summary>
public static class RateLimits
{
    /// <summary>The limit for redeeming: every attempt counts, whether its code is right or wrong.</summary>
    public const string Redeem = "redeem";

    /// <summary>The limit for all other public endpoints, except <c>/health</c>: monitoring must always be answered.</summary>
    public const string Status = "status";

    /// <summary>Registers the counts by client address: one table for <see cref="Redeem"/>, one for <see cref="Status"/>.</summary>
    public static void AddRateLimits(this IServiceCollection services)
    {
        services.AddKeyedSingleton(Redeem, (services, _) => new AddressCounts(services.GetRequiredService<TimeProvider>()));
        services.AddKeyedSingleton(Status, (services, _) => new AddressCounts(services.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Puts endpoints under a limit. A limit that is switched off is not added, so that it costs nothing per request.</summary>
    public static TBuilder LimitTo<TBuilder>(
        this TBuilder endpoints, IEndpointRouteBuilder app, string policy) where TBuilder : IEndpointConventionBuilder =>
        Most(app.ServiceProvider.GetRequiredService<HttpOptions>(), policy) is > 0 and var most
            ? endpoints.WithMetadata(new Limit(most, app.ServiceProvider.GetRequiredKeyedService<AddressCounts>(policy)))
            : endpoints;

    /// <summary>Counts requests to endpoints under a limit; above it the answer is 429, with <c>Retry-After</c> in seconds.</summary>
    public static void UseRateLimits(this WebApplication app) => app.Use((context, next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Limit>() is { } limit && !limit.Counts.TryCount(
            ClientAddress.Of(context), limit.Most, out var wait)
            ? Refuse(context, limit.Most, wait)
            : next(context));

    /// <summary>
    /// Counts a request that is under a limit only because of what its body asks for.
    /// </summary>
    /// <returns>The answer to a request above the limit; null where it may go on.</returns>
    internal static Task? Count(HttpContext context, string policy) =>
        TryCount(context, policy, out var most, out var wait) ? null : Refuse(context, most, wait);

    /// <summary>Counts a request that is answered already; where it was one too many, its caller's next one is refused.</summary>
    internal static void CountAnswered(HttpContext context, string policy) => TryCount(context, policy, out _, out _);

    private static bool TryCount(HttpContext context, string policy, out int most, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        most = Most(context.RequestServices.GetRequiredService<HttpOptions>(), policy);
        return most == 0 || context.RequestServices.GetRequiredKeyedService<AddressCounts>(policy).TryCount(
            ClientAddress.Of(context), most, out wait);
    }

    private static Task Refuse(HttpContext context, int most, TimeSpan wait)
    {
        var seconds = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var headers = context.Response.Headers;
        headers.RetryAfter = seconds;
        headers["RateLimit-Limit"] = most.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Remaining"] = "0";
        headers["RateLimit-Reset"] = seconds;
        return Refusals.TooManyRequests(most).ExecuteAsync(context);
    }

    private static int Most(HttpOptions http, string policy) => policy == Redeem ? http.RedeemsPerMinute : http.StatusPerMinute;

    /// <summary>The limit of an endpoint, and the table that counts its callers.</summary>
    private sealed record Limit(int Most, AddressCounts Counts);
}
