using System.Net;
using Couch.Cluster.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace Couch.Cluster.Vms.Vers;

/// <summary>Makes Vers the VM provider.</summary>
public static class VersRegistration
{
    private const int MostRepeats = 3;

    /// <summary>When a provider asks for a longer wait, there is no retry, and the call fails at once.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Adds <see cref="IVmProvider"/>; asks <see cref="VersOptions.Probe"/> unless another <see cref="VmProbe"/> is registered.
    /// </summary>
    public static IServiceCollection AddVers(this IServiceCollection services, VersOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<NodeShutdown>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(from => from.GetRequiredService<NodeShutdown>());
        services.AddSingleton<VersAccount>();
        services.AddSingleton<VersApi>();
        services.AddSingleton<IRotatingSetting, RotatingVersAccount>();
        services.AddSingleton<VersLists>();
        services.TryAddSingleton<VmProbe>(
            from => (endpoint, cancel) => options.Probe.Answers(new(endpoint), from.GetRequiredService<TimeProvider>(), cancel));
        services.AddSingleton<VersProvider>();
        services.AddSingleton<IVmProvider>(from => from.GetRequiredService<VersProvider>());
        services.AddHttpClient(VersApi.Client)
            // Every failure is logged once, by the caller.
            .RemoveAllLoggers()
            // The calls have bounds of their own, in time and in size.
            .ConfigureHttpClient(client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                // Following a redirect would repeat a create, and send the key to another address.
                AllowAutoRedirect = false,
                UseCookies = false,
                ConnectTimeout = TimeSpan.FromSeconds(10),
            })
            .AddResilienceHandler("repeat", (pipeline, context) =>
            {
                pipeline.TimeProvider = context.ServiceProvider.GetRequiredService<TimeProvider>();
                pipeline.AddRetry(Repeat(options, pipeline.TimeProvider));
            });
        return services;
    }

    /// <summary>
    /// Retries calls that may be made twice after a transport fault, a failure or a Retry-After. There is no circuit breaker,
    /// because it could block a destroy.
    /// </summary>
    private static HttpRetryStrategyOptions Repeat(VersOptions options, TimeProvider clock)
    {
        var repeat = new HttpRetryStrategyOptions
        {
            MaxRetryAttempts = MostRepeats,
            Delay = options.RepeatDelay,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            ShouldHandle = attempt => ValueTask.FromResult(MayPass(attempt.Outcome, clock)),
            DelayGenerator = attempt => ValueTask.FromResult(
                attempt.Outcome.Result is { } reply ? VersFailures.RetryAfter(reply, clock) : null),
        };
        // POST makes VMs and runs commands. All other methods of the provider are idempotent.
        repeat.DisableFor(HttpMethod.Post);
        return repeat;
    }

    private static bool MayPass(Outcome<HttpResponseMessage> outcome, TimeProvider clock) => outcome switch
    {
        { Exception: { } failure } => VersFailures.IsOfTransport(failure),
        { Result: { } reply } =>
            (reply.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError)
            && (VersFailures.RetryAfter(reply, clock) ?? TimeSpan.Zero) <= LongestWait,
        _ => false,
    };
}
