using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Vms.Docker;

/// <summary>
/// The network of guests that may reach the internet and not the host: the operator's own, or one that is made here. Its isolation
/// is tested from a sandbox on it, not by reading firewall rules: this process may run on another machine than the engine, and
/// without the right to read them.
/// </summary>
internal sealed partial class GuestNetwork(DockerEngine engine, DockerOptions options, TimeProvider clock, ILogger log) : IDisposable
{
    public const string Label = "couch.network";
    private const string ProbeLabel = "couch.probe";
    private const string Mark = "guests";
    private const double ProbeBytes = 64 * Sandbox.BytesPerMB;
    private const int MostLines = 100;

    /// <summary>
    /// How long a proof of isolation is accepted by a couch that refuses guests without one; longer than the interval of the watch.
    /// </summary>
    private static readonly TimeSpan Believed = TimeSpan.FromMinutes(6);

    /// <summary>
    /// A missing isolation may have been repaired: it is tested again soon, but not by each of many guests at once.
    /// </summary>
    private static readonly TimeSpan Disbelieved = TimeSpan.FromSeconds(5);

    /// <summary>A probe ends within seconds; one this old was left by a couch that ended during it.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(5);

    /// <summary>The bounds of its tries add up to half of that.</summary>
    private static readonly TimeSpan LongestProbe = TimeSpan.FromSeconds(50);
    private static readonly TimeSpan ProbeLook = TimeSpan.FromMilliseconds(200);

    private readonly SemaphoreSlim one = new(1);
    private volatile Isolation? last;
    private long looked;

    /// <summary>The last result; null when there is none yet.</summary>
    public Isolation? Last => last;

    public void Dispose() => one.Dispose();

    /// <summary>Makes the network unless it is there, and returns its name.</summary>
    /// <exception cref="VmProviderException">It cannot be made, or its name is another owner's.</exception>
    public async Task<string> Ensure(CancellationToken cancel)
    {
        if (options.Network is { } given)
            return given;
        var found = await Find(options.Bridge, cancel) ?? await Make(cancel);
        return found.Labels?.ContainsKey(Label) is true
            ? options.Bridge
            : throw new VmProviderException($"The engine has a network {options.Bridge} that no couch made. Remove it, or name another "
                + "with COUCH_DOCKER_BRIDGE", isFinal: true);
    }

    /// <summary>
    /// Refuses when the operator requires that permissions are kept (<c>COUCH_DOCKER_STRICT</c>) and this network has not been
    /// shown to keep them.
    /// </summary>
    /// <exception cref="VmProviderException">Final, with what to do.</exception>
    public async Task MustKeep(CancellationToken cancel)
    {
        await Ensure(cancel);
        if (!options.IsStrict)
            return;
        var known = await Look(isRecentEnough: true, cancel);
        if (!known.IsKept)
            throw new VmProviderException(
                $"COUCH_DOCKER_STRICT refuses a guest whose canAccessHostServices is false: {known.Sentence}", isFinal: !known.MayPass);
    }

    /// <summary>Tests what guests on the network reach. Never throws for a failure on the way: it is a result too.</summary>
    /// <param name="isRecentEnough">Whether a result of the last minutes suffices.</param>
    public async Task<Isolation> Look(bool isRecentEnough, CancellationToken cancel)
    {
        await one.WaitAsync(cancel);
        try
        {
            if (isRecentEnough && last is { } known && clock.GetElapsedTime(looked) < (known.IsKept ? Believed : Disbelieved))
                return known;
            var seen = await TryOut(cancel);
            var before = last;
            (last, looked) = (seen, clock.GetTimestamp());
            if (seen.IsKept && before?.IsKept is not true)
                LogKept(log, seen.Sentence);
            else if (!seen.IsKept && before?.IsKept is true)
                LogKeptNoMore(log, seen.Sentence);
            return seen;
        }
        finally
        {
            one.Release();
        }
    }

    private async Task<Isolation> TryOut(CancellationToken cancel)
    {
        var probes = new List<string>();
        try
        {
            var network = await Ensure(cancel);
            await RemoveForgotten(cancel);
            // The peer of the test: another sandbox, which must exist as long as it is probed.
            var other = await Run(network, ["sleep 120"], probes, cancel);
            if (!other.NetworkSettings.Networks.TryGetValue(network, out var place)
                || place is not { IPAddress.Length: > 0, Gateway.Length: > 0 })
                return Isolation.Unknown(options, "a sandbox there has no address, or no gateway");
            var probe = await Run(network, [Isolation.Script, "probe", .. Isolation.Targets(place)], probes, cancel);
            await Ended(probe.ID, cancel);
            return Isolation.Of(
                options, await engine.LogOf(probe.ID, MostLines, cancel), (await engine.Find(other.ID, cancel))?.State.Running is true);
        }
        catch (VmProviderException failure)
        {
            return Isolation.Unknown(options, failure.Message, mayPass: !failure.IsFinal);
        }
        finally
        {
            foreach (var probe in probes)
                await RemoveQuietly(probe);
        }
    }

    private async Task<ContainerInspectResponse> Run(
        string network, IReadOnlyList<string> script, List<string> probes, CancellationToken cancel)
    {
        var order = new CreateContainerParameters
        {
            Image = options.ProbeImage ?? options.Image,
            Entrypoint = ["/bin/sh", "-c"],
            Cmd = [.. script],
            Labels = new Dictionary<string, string> { [ProbeLabel] = Mark },
            HostConfig = new HostConfig
            {
                NetworkMode = network,
                CapDrop = ["ALL"],
                SecurityOpt = ["no-new-privileges"],
                Memory = (long)ProbeBytes,
                MemorySwap = (long)ProbeBytes,
                PidsLimit = options.Pids,
                Runtime = options.Runtime,
                LogConfig = Sandbox.LogOf(Sandbox.LeastLog),
                RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.No },
            },
        };
        var made = await engine.Ask("make a probe of the guests' network", DockerEngine.WorkBound,
            (docker, token) => docker.Containers.CreateContainerAsync(order, token), cancel);
        probes.Add(made.ID);
        await engine.Ask("start a probe of the guests' network", DockerEngine.WorkBound,
            (docker, token) => docker.Containers.StartContainerAsync(made.ID, new(), token), cancel);
        return await engine.Find(made.ID, cancel)
            ?? throw new VmProviderException("a probe of the guests' network was removed while it ran");
    }

    // Polls instead of using the engine's own wait, which sometimes does not return on Podman 4.3.
    private async Task Ended(string probe, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        while (await engine.Find(probe, cancel) is { State.Running: true })
        {
            if (clock.GetElapsedTime(began) > LongestProbe)
                throw new VmProviderException($"a probe of the guests' network did not end within {LongestProbe.TotalSeconds} s");
            await Task.Delay(ProbeLook, clock, cancel);
        }
    }

    private async Task RemoveForgotten(CancellationToken cancel)
    {
        foreach (var probe in await engine.WithLabel(ProbeLabel, cancel))
        {
            if (clock.GetUtcNow() - new DateTimeOffset(DateTime.SpecifyKind(probe.Created, DateTimeKind.Utc)) > Forgotten)
                await engine.Remove(probe.ID, cancel);
        }
    }

    private async Task RemoveQuietly(string probe)
    {
        try
        {
            await engine.Remove(probe, CancellationToken.None);
        }
        catch (VmProviderException)
        {
            // The next look removes it.
        }
    }

    private async Task<NetworkResponse?> Find(string name, CancellationToken cancel) =>
        (await engine.Ask("list its networks", DockerEngine.AskBound,
            (docker, token) => docker.Networks.ListNetworksAsync(new NetworksListParameters(), token), cancel))
            .FirstOrDefault(network => network.Name == name);

    private async Task<NetworkResponse> Make(CancellationToken cancel)
    {
        var network = new NetworksCreateParameters
        {
            Name = options.Bridge,
            CheckDuplicate = true,
            Driver = "bridge",
            Labels = new Dictionary<string, string> { [Label] = Mark },
            // Podman does not know the second option; there the firewall alone isolates guests from each other.
            Options = new Dictionary<string, string>
            {
                ["com.docker.network.bridge.name"] = options.Bridge,
                ["com.docker.network.bridge.enable_icc"] = "false",
            },
            IPAM = options.Subnet is { } subnet
                ? new IPAM { Driver = "default", Config = [new IPAMConfig { Subnet = subnet.ToString() }] }
                : null,
        };
        try
        {
            await engine.Ask($"make the guests' network {options.Bridge}", DockerEngine.WorkBound,
                (docker, token) => docker.Networks.CreateNetworkAsync(network, token), cancel);
        }
        catch (VmProviderException)
        {
            // Another node has made it meanwhile, or this node has and the answer was lost.
            if (await Find(options.Bridge, cancel) is { } other)
                return other;
            throw;
        }

        return await Find(options.Bridge, cancel)
            ?? throw new VmProviderException($"The guests' network {options.Bridge} was removed while it was made");
    }

    [LoggerMessage(260, LogLevel.Information, "{Sentence}")]
    private static partial void LogKept(ILogger log, string sentence);

    [LoggerMessage(261, LogLevel.Error, "What kept guests in is in force no more. {Sentence}")]
    private static partial void LogKeptNoMore(ILogger log, string sentence);
}
