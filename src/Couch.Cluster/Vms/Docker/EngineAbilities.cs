using Docker.DotNet.Models;

namespace Couch.Cluster.Vms.Docker;

/// <summary>What the engine can do, as far as it is known.</summary>
/// <param name="Cores">Processor cores of its machine.</param>
/// <param name="LimitsDisk">Whether its storage driver can bound a sandbox's disk. Known once a create has been refused.</param>
/// <param name="HasInit">Whether it has a small init process to reap a sandbox's orphans.</param>
/// <param name="SwapsTraffic">Whether it reports received traffic as sent.</param>
/// <param name="SetsUlimits">Whether it may give a sandbox ulimits. Known once a start has been refused.</param>
/// <param name="IsPodman">Whether it is Podman, whichever API it claims to be.</param>
internal sealed record EngineAbilities(
    long Cores, bool LimitsDisk = true, bool HasInit = true, bool SwapsTraffic = false, bool SetsUlimits = true, bool IsPodman = false)
{
    // The range of Podman's version numbers; Docker went from 1.13 to 17.
    private static readonly System.Version FirstPodmanApi = new(2, 0);
    private static readonly System.Version FirstDocker = new(17, 0);
    private static readonly System.Version TrafficMended = new(4, 4);

    public static EngineAbilities Of(SystemInfoResponse info)
    {
        var isPodman = System.Version.TryParse(info.ServerVersion, out var version) && version >= FirstPodmanApi && version < FirstDocker;
        return new(info.NCPU) { IsPodman = isPodman, SwapsTraffic = isPodman && version < TrafficMended };
    }

    /// <summary>The abilities that remain after a refusal; null when the refusal is about none of them.</summary>
    public (EngineAbilities Less, string Sentence)? AfterRefusal(string words)
    {
        if (LimitsDisk && (Says(words, "storage-opt") || Says(words, "storage opt") || Says(words, "pquota")))
            return (this with { LimitsDisk = false }, "The engine's storage cannot bound a sandbox's disk: maxDiskGB is only measured");
        if (HasInit && (Says(words, "container-init") || Says(words, "init binary")))
            return (this with { HasInit = false }, "The engine has no init process: a sandbox's orphans are not reaped");
        if (SetsUlimits && IsAboutUlimits(words))
            return (this with { SetsUlimits = false }, "The engine may not set ulimits, as where it runs without CAP_SYS_RESOURCE: "
                + "sandboxes have those that it gives by itself");
        return null;
    }

    public static bool IsAboutUlimits(string words) => Says(words, "rlimit");

    private static bool Says(string words, string part) => words.Contains(part, StringComparison.OrdinalIgnoreCase);
}
