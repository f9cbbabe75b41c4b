using System.Net;
using Docker.DotNet.Models;

namespace Couch.Cluster.Vms.Docker;

/// <summary>Whether the engine can be used as configured.</summary>
internal static class EngineCheck
{
    public static async Task<VmProviderProblem?> Of(
        DockerEngine engine, DockerOptions options, GuestNetwork network, CancellationToken cancel)
    {
        try
        {
            var info = await engine.Ask(
                "describe itself", DockerEngine.AskBound, (docker, token) => docker.System.GetSystemInfoAsync(token), cancel);
            var image = await Image(engine, "COUCH_DOCKER_IMAGE", options.Image, cancel);
            return image.Missing
                ?? (options.ProbeImage is { } probe ? (await Image(engine, "COUCH_DOCKER_PROBE_IMAGE", probe, cancel)).Missing : null)
                ?? MissingRuntime(info, options)
                ?? await MissingNetwork(engine, options, cancel)
                ?? Warnings(info, image.Found!, await network.Look(isRecentEnough: false, cancel), options);
        }
        catch (VmProviderException failure)
        {
            // An engine may come up later, and guests wait for it.
            return new VmProviderProblem($"{failure.Message}. Start the engine, or set DOCKER_HOST to where it listens", IsFinal: false);
        }
    }

    public static string HowToGet(string image) => $"Get it onto the engine first: docker pull {image} (or podman pull, build, import)";

    private static async Task<(ImageInspectResponse? Found, VmProviderProblem? Missing)> Image(
        DockerEngine engine, string option, string image, CancellationToken cancel)
    {
        try
        {
            return (await engine.Ask("inspect the image", DockerEngine.AskBound,
                (docker, token) => docker.Images.InspectImageAsync(image, token), cancel), null);
        }
        catch (VmProviderException failure) when (DockerEngine.StatusOf(failure) is HttpStatusCode.NotFound)
        {
            return (null, new VmProviderProblem($"{option} names {image}, which the engine does not have. {HowToGet(image)}",
                IsFinal: true));
        }
    }

    private static VmProviderProblem? MissingRuntime(SystemInfoResponse info, DockerOptions options) =>
        options.Runtime is { } runtime && info.Runtimes is { } known && !known.ContainsKey(runtime)
            ? new VmProviderProblem($"COUCH_DOCKER_RUNTIME names {runtime}; the engine knows "
                + $"{string.Join(", ", known.Keys.Order(StringComparer.Ordinal))}", IsFinal: true)
            : null;

    private static async Task<VmProviderProblem?> MissingNetwork(DockerEngine engine, DockerOptions options, CancellationToken cancel)
    {
        if (options.Network is not { } network)
            return null;
        var networks = await engine.Ask("list its networks", DockerEngine.AskBound,
            (docker, token) => docker.Networks.ListNetworksAsync(new NetworksListParameters(), token), cancel);
        return networks.Any(one => one.Name == network || one.ID == network)
            ? null
            : new VmProviderProblem($"COUCH_DOCKER_NETWORK names {network}, which the engine does not have. Make it first: docker network "
                + $"create {network}", IsFinal: true);
    }

    private static VmProviderProblem? Warnings(
        SystemInfoResponse info, ImageInspectResponse image, Isolation isolation, DockerOptions options)
    {
        var warnings = new List<string>();
        if (!isolation.IsKept)
        {
            var consequence = options.IsStrict
                ? "Guests whose canAccessHostServices is false are refused (COUCH_DOCKER_STRICT)"
                : "canAccessHostServices: false is not kept";
            warnings.Add($"{consequence}. {isolation.Sentence}");
        }

        if (image.Config?.Volumes is { Count: > 0 } volumes)
            warnings.Add($"The image {options.Image} declares volumes ({string.Join(", ", volumes.Keys.Order(StringComparer.Ordinal))}): "
                + "what guests write there neither counts nor ends at maxDiskGB. Build it without VOLUME");
        string?[] unbounded =
        [
            info.CPUCfsQuota ? null : "maxCpuCores",
            info.MemoryLimit ? null : "maxMemoryMB",
            info.PidsLimit ? null : "COUCH_DOCKER_PIDS",
        ];
        if (unbounded.Any(limit => limit is not null))
            warnings.Add($"The engine cannot enforce {string.Join(", ", unbounded.Where(limit => limit is not null))}: it was not given "
                + "the kernel's control groups");
        return warnings.Count > 0 ? new VmProviderProblem(string.Join(". ", warnings), IsFinal: false) : null;
    }
}
