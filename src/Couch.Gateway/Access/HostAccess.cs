using Couch.Cluster.Configuration;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Gateway.Console;
using Couch.Gateway.Problems;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace Couch.Gateway.Access;

/// <summary>
/// Decides who counts as a host. It is one policy on the groups of host endpoints, so that no endpoint can omit it. It is checked before a
/// body is read.
/// </summary>
public static class HostAccess
{
    /// <summary>The policy's name, for <c>RequireAuthorization</c>.</summary>
    public const string Policy = "host";

    /// <summary>Registers <see cref="Policy"/>, its check, and the 401 and 403 answers to callers that do not pass it.</summary>
    public static void AddHostAccess(this IServiceCollection services)
    {
        services.AddSingleton<ConfiguredHostKey>().AddSingleton<IRotatingSetting>(from => from.GetRequiredService<ConfiguredHostKey>());
        services.AddSingleton<HostKeyring>().AddSingleton<SharedKeyReads>();
        services.AddAuthorizationBuilder().AddPolicy(Policy, policy => policy.AddRequirements(new IsHost()));
        services.AddSingleton<IAuthorizationHandler, IsHostHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, HostRefusal>();
    }

    private sealed class IsHost : IAuthorizationRequirement;

    /// <summary>
    /// With a configured key, a host is a caller that presents it or a key made under it, or the console that signed in with one of these.
    /// Without one, only a caller on this machine is a host, see <see cref="OriginalCaller"/>; a presented key does not matter.
    /// </summary>
    private sealed class IsHostHandler(ConfiguredHostKey configured, HostKeyring keyring, ConsoleSessions sessions)
        : AuthorizationHandler<IsHost>
    {
        protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, IsHost requirement)
        {
            if (context.Resource is not HttpContext http || await Recognize(http) is not { } caller)
                return;
            http.Features.Set(caller);
            if (caller.MayCall(http.GetEndpoint()))
                context.Succeed(requirement);
        }

        /// <summary>Whoever shows a key acts by that key, whatever else the request carries.</summary>
        private Task<HostCaller?> Recognize(HttpContext http) =>
            configured.IsSet && Bearer.Of(http.Request) is null ? sessions.Find(http) : keyring.Find(http);
    }

    private sealed class HostRefusal(ConfiguredHostKey configured) : IAuthorizationMiddlewareResultHandler
    {
        public Task HandleAsync(
            RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
        {
            if (authorizeResult.Succeeded)
                return next(context);
            if (context.Features.Get<HostCaller>() is not null)
                return RefuseScope(context, context.GetEndpoint()?.Metadata.GetMetadata<Needs>()?.AnyOf ?? []);
            if (ConsoleSessions.IsForged(context))
                return Refusals.NotFromTheConsole.ExecuteAsync(context);
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return (!configured.IsSet ? Refusals.NotOnThisMachine : Refusals.NoHostKey).ExecuteAsync(context);
        }

        private static Task RefuseScope(HttpContext context, IReadOnlyList<KeyScope> needed)
        {
            // RFC 6750: the key is genuine, but lacks the scope.
            context.Response.Headers.WWWAuthenticate = needed.Count == 0
                ? "Bearer error=\"insufficient_scope\""
                : $"Bearer error=\"insufficient_scope\", scope=\"{string.Join(' ', needed.Select(scope => scope.Word()))}\"";
            return Refusals.LacksScope(needed).ExecuteAsync(context);
        }
    }
}
