using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;
using Couch.Gateway.Problems;
using Microsoft.AspNetCore.RateLimiting;

namespace Couch.Gateway.Access;

/// <summary>How often one client address may ask of the public endpoints, in windows of a minute. Nobody waits in line.</summary>
public static class RateLimits
{
    /// <summary>The policy of redeeming: guesses at codes are counted, right or wrong.</summary>
    public const string Redeem = "redeem";

    /// <summary>The policy of everything else that is public and asks a grain.</summary>
    public const string Status = "status";

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public static void AddRateLimits(this IServiceCollection services, GatewayOptions gateway) =>
        services.AddRateLimiter(limiter =>
        {
            foreach (var policy in new[] { Redeem, Status })
                limiter.AddPolicy(policy, context => PerMinute(context, Most(gateway, policy)));
            limiter.OnRejected = async (rejected, _) =>
            {
                var most = Most(gateway, rejected.HttpContext.GetEndpoint()!.Metadata.GetMetadata<EnableRateLimitingAttribute>()!.PolicyName);
                var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter) ? retryAfter : Window;
                var seconds = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);

                var headers = rejected.HttpContext.Response.Headers;
                headers.RetryAfter = seconds;
                headers["RateLimit-Limit"] = most.ToString(CultureInfo.InvariantCulture);
                headers["RateLimit-Remaining"] = "0";
                headers["RateLimit-Reset"] = seconds;
                await Refusals.TooManyRequests(most).ExecuteAsync(rejected.HttpContext);
            };
        });

    /// <summary>Puts endpoints under a policy; one that is switched off is not asked at each request whether it is.</summary>
    public static RouteGroupBuilder LimitTo(this RouteGroupBuilder endpoints, string policy) =>
        Most(((IEndpointRouteBuilder)endpoints).ServiceProvider.GetRequiredService<GatewayOptions>(), policy) == 0 ? endpoints : endpoints.RequireRateLimiting(policy);

    private static int Most(GatewayOptions gateway, string? policy) => policy == Redeem ? gateway.RedeemsPerMinute : gateway.StatusPerMinute;

    private static RateLimitPartition<IPAddress> PerMinute(HttpContext context, int most) =>
        RateLimitPartition.GetFixedWindowLimiter(ClientAddress.Of(context), _ => new FixedWindowRateLimiterOptions { PermitLimit = most, Window = Window });
}
