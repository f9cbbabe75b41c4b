using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;
using Couch.Gateway.Problems;

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
            limiter.AddPolicy(Redeem, context => PerMinute(context, gateway.RedeemsPerMinute));
            limiter.AddPolicy(Status, context => PerMinute(context, gateway.StatusPerMinute));
            limiter.OnRejected = async (rejected, _) =>
            {
                var policy = rejected.HttpContext.GetEndpoint()!.Metadata.GetMetadata<Microsoft.AspNetCore.RateLimiting.EnableRateLimitingAttribute>()!.PolicyName;
                var most = policy == Redeem ? gateway.RedeemsPerMinute : gateway.StatusPerMinute;
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

    private static RateLimitPartition<IPAddress> PerMinute(HttpContext context, int most)
    {
        var client = ClientAddress.Of(context);
        return most == 0
            ? RateLimitPartition.GetNoLimiter(client)
            : RateLimitPartition.GetFixedWindowLimiter(client, _ => new FixedWindowRateLimiterOptions { PermitLimit = most, Window = Window });
    }
}
