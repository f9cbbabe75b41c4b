using System.Net;
using Docker.DotNet.Models;

namespace Couch.Cluster.Vms.Docker;

/// <summary>Whether the engine can be used as configured.</summary>
internal static class EngineCheck
{
    public static async Task<VmHostProblem?> Of(DockerEngine engine, DockerOptions options, CancellationToken cancel)
    {
        try
        {
            var info = await engine.Ask("describe itself", DockerEngine.AskBound, (docker, token) => docker.System.GetSystemInfoAsync(token), cancel);
            return await MissingImage(engine, options, cancel)
                ?? MissingRuntime(info, options)
                ?? await MissingNetwork(engine, options, cancel)
                ?? Warnings(info, options);
        }
        catch (VmHostException failure)
        {
            // An engine may come up later, and guests wait for it.
            return new VmHostProblem($"{failure.Message}. Start the engine, or set DOCKER_HOST to where it listens", IsFinal: false);
        }
    }

    public static string HowToGet(string image) => $"Get it onto the engine first: docker pull {image} (or podman pull, build, import)";

    private static async Task<VmHostProblem?> MissingImage(DockerEngine engine, DockerOptions options, CancellationToken cancel)
    {
        try
        {
            await engine.Ask("inspect the image", DockerEngine.AskBound, (docker, token) => docker.Images.InspectImageAsync(options.Image, token), cancel);
            return null;
        }
        catch (VmHostException failure) when (DockerEngine.StatusOf(failure) is HttpStatusCode.NotFound)
        {
            return new VmHostProblem($"COUCH_DOCKER_IMAGE names {options.Image}, which the engine does not have. {HowToGet(options.Image)}", IsFinal: true);
        }
    }

    private static VmHostProblem? MissingRuntime(SystemInfoResponse info, DockerOptions options) =>
        options.Runtime is { } runtime && info.Runtimes is { } known && !known.ContainsKey(runtime)
            ? new VmHostProblem($"COUCH_DOCKER_RUNTIME names {runtime}; the engine knows {string.Join(", ", known.Keys.Order(StringComparer.Ordinal))}", IsFinal: true)
            : null;

    private static async Task<VmHostProblem?> MissingNetwork(DockerEngine engine, DockerOptions options, CancellationToken cancel)
    {
        if (options.Network is not { } network)
            return null;
        var networks = await engine.Ask("list its networks", DockerEngine.AskBound, (docker, token) => docker.Networks.ListNetworksAsync(new NetworksListParameters(), token), cancel);
        return networks.Any(one => one.Name == network || one.ID == network)
            ? null
            : new VmHostProblem($"COUCH_DOCKER_NETWORK names {network}, which the engine does not have. Make it first: docker network create {network}", IsFinal: true);
    }

    private static VmHostProblem? Warnings(SystemInfoResponse info, DockerOptions options)
    {
        var warnings = new List<string>();
        if (options.Network is null)
            warnings.Add("canAccessHostServices cannot be refused: guests with internet access also reach this machine's services. Set COUCH_DOCKER_NETWORK to a network that is kept from them");
        string?[] unbounded = [info.CPUCfsQuota ? null : "maxCpuCores", info.MemoryLimit ? null : "maxMemoryMB", info.PidsLimit ? null : "COUCH_DOCKER_PIDS"];
        if (unbounded.Any(limit => limit is not null))
            warnings.Add($"The engine cannot enforce {string.Join(", ", unbounded.Where(limit => limit is not null))}: it was not given the kernel's control groups");
        return warnings.Count > 0 ? new VmHostProblem(string.Join(". ", warnings), IsFinal: false) : null;
    }
}
