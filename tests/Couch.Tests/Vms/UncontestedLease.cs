using System.Security.Cryptography;
using Couch.Cluster.Telemetry;
using Couch.Cluster.Vms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Couch.Tests.Vms;

/// <summary>
/// A lease without a mark at the provider, for couches whose clock a test moves by minutes: a mark is exchanged every few seconds of
/// that clock, and each call would be late. <see cref="InstallationLeaseTests"/> are about the lease itself.
/// </summary>
internal static class UncontestedLease
{
    public static IServiceCollection AddUncontestedLease(this IServiceCollection services) =>
        services.AddSingleton(from => new InstallationLease(
        "vers",
        mark: null,
        from.GetRequiredService<Installation>(),
        from.GetRequiredService<CouchMeter>(),
        from.GetRequiredService<RandomNumberGenerator>(),
        from.GetRequiredService<TimeProvider>(),
        from.GetRequiredService<ILogger<InstallationLease>>()));
}
