using System.Security.Cryptography;
using System.Text;
using Couch.Gateway.Problems;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace Couch.Gateway.Access;

/// <summary>
/// Who counts as a host, as one policy that stands on the groups of host endpoints, so that no endpoint can forget it.
/// It is asked before a body is looked at.
/// </summary>
public static class HostAccess
{
    /// <summary>The policy's name, for <c>RequireAuthorization</c>.</summary>
    public const string Policy = "host";

    public static void AddHostAccess(this IServiceCollection services)
    {
        services.AddAuthorizationBuilder().AddPolicy(Policy, policy => policy.AddRequirements(new IsHost()));
        services.AddSingleton<IAuthorizationHandler, HostDoor>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, HostRefusal>();
    }

    private sealed class IsHost : IAuthorizationRequirement;

    /// <summary>With a host key: whoever presents it. Without: whoever calls from this machine, see <see cref="OriginalCaller"/>.</summary>
    private sealed class HostDoor(GatewayOptions options) : AuthorizationHandler<IsHost>
    {
        private readonly byte[]? keyHash = options.HostKey is { } key ? Hash(key) : null;

        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, IsHost requirement)
        {
            if (context.Resource is HttpContext http && (keyHash is null ? OriginalCaller.IsOnThisMachine(http) : Presents(http, keyHash)))
                context.Succeed(requirement);
            return Task.CompletedTask;
        }

        // Compared as hashes: neither the time nor the length tells anything of the key.
        private static bool Presents(HttpContext http, byte[] keyHash) =>
            Bearer.Of(http.Request) is { } presented && CryptographicOperations.FixedTimeEquals(Hash(presented), keyHash);

        private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
    }

    private sealed class HostRefusal(GatewayOptions options) : IAuthorizationMiddlewareResultHandler
    {
        public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
        {
            if (authorizeResult.Succeeded)
                return next(context);
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return (options.HostKey is null ? Refusals.NotOnThisMachine : Refusals.NoHostKey).ExecuteAsync(context);
        }
    }
}
