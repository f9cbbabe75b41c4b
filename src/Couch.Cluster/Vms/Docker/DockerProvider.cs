using System.Net;
using Couch.Cluster.Vms.Guide;
using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Vms.Docker;

/// <summary>
/// Sandboxes on a container engine that speaks Docker's API (Docker, Podman). A guest has at most one, because the engine refuses a
/// second container of the same name; the claim is written with the container, so there is never one without it.
/// </summary>
public sealed partial class DockerProvider : IVmProvider, IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(2);

    private readonly DockerOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly DockerEngine engine;
    private readonly GuestNetwork network;
    private readonly GuideRefusals refusals;
    private volatile EngineAbilities? abilities;

    /// <summary>Takes the engine's address from <paramref name="options"/>, and does not ask the engine anything yet.</summary>
    public DockerProvider(DockerOptions options, TimeProvider clock, ILogger<DockerProvider> log)
    {
        (this.options, this.clock, this.log) = (options, clock, log);
        engine = new(options.Engine, clock);
        network = new(engine, options, clock, log);
        refusals = new("The container engine", "Let it unpack archives into sandboxes", log);
    }

    /// <inheritdoc/>
    public string Name => "docker";

    /// <summary>The engine may run other containers of its operator; and no sandbox is ever without its claim.</summary>
    public bool IsDedicated => false;

    /// <inheritdoc/>
    public bool MeasuresUsage => true;

    /// <summary>A guest's sandbox has the guest's name, and the engine refuses a second one.</summary>
    public bool IsExact => true;

    /// <inheritdoc/>
    public IInstallationMark Mark => new EngineMark(engine);

    /// <inheritdoc/>
    public string Isolation => network.Last?.Sentence ?? "It is not known yet what guests reach: the engine has not been asked";

    /// <inheritdoc/>
    public void Dispose()
    {
        network.Dispose();
        engine.Dispose();
    }

    /// <inheritdoc/>
    public Task<VmProviderProblem?> Check(CancellationToken cancel) => EngineCheck.Of(engine, options, network, cancel);

    /// <summary>
    /// Checks again how guests are isolated; <see cref="Isolation"/> then has the result, and a change is logged.
    /// </summary>
    public Task LookAtNetwork(CancellationToken cancel) => network.Look(isRecentEnough: false, cancel);

    /// <inheritdoc/>
    public async Task<EnsuredVm?> Find(VmOrder order, CancellationToken cancel)
    {
        await order.MustStand(cancel);
        return await FindOwn(order).WaitAsync(cancel);
    }

    /// <remarks>
    /// Continues to its own end when its caller stops waiting, because the engine may make the sandbox all the same.
    /// </remarks>
    public async Task<EnsuredVm> Ensure(VmOrder order, CancellationToken cancel)
    {
        await order.MustStand(cancel);
        return await MakeOrAdopt(order).WaitAsync(cancel);
    }

    /// <remarks>
    /// Does not wait for a create of the same guest: one that is in progress leaves a sandbox that its caller must release
    /// afterwards, and that carries its claim in any case.
    /// </remarks>
    public async Task<VmsLeft> FindLeft(GuestId guest, string installation, GivenVm? given, CancellationToken cancel)
    {
        var ours = (await engine.WithLabel($"{VmLabels.Guest}={guest}", cancel))
            .Where(container => container.Labels.TryGetValue(VmLabels.Installation, out var mark) && mark == installation)
            .Select(container => container.ID).ToHashSet();
        // A list is made while containers come and go, so the name is looked up as well.
        if (await engine.Find(Sandbox.NameOf(guest), cancel) is { } named
            && IsClaimed(named, VmLabels.Guest, guest.Value) && IsClaimed(named, VmLabels.Installation, installation))
            ours.Add(named.ID);
        switch (given)
        {
            case null:
                return new(ours);
            case { Fate: GivenVmFate.Kept }:
                ours.Remove(given.Id);
                return new(ours);
            case var _ when ours.Contains(given.Id):
                return new(ours);
            // The engine also finds names and parts of ids: only a whole id identifies the container.
            case { Fate: GivenVmFate.Destroyed } when DockerEngine.IsWholeId(given.Id):
                var found = await engine.Find(given.Id, cancel);
                var isOurs = found is not null && found.ID == given.Id && IsAdoptable(found);
                if (isOurs)
                    ours.Add(found!.ID);
                return new(ours, SparesGiven: found is not null && !isOurs);
            default:
                return new(ours, SparesGiven: true);
        }
    }

    /// <inheritdoc/>
    public async Task<VmSight> Observe(string vmId, CancellationToken cancel)
    {
        if (await engine.Find(vmId, cancel) is not { } found)
            return VmSight.Missing;
        if (ExitReason.HasEnded(found))
        {
            LogSandboxEnded(log, await ExitReason.Of(found, engine, options, cancel));
            return VmSight.Dead;
        }

        if (found.State.Status is not "running")
            return VmSight.Booting;
        var isReady = Sandbox.PublishedPort(found, options) is not { } port || await options.Probe.Answers(
            new UriBuilder("http", options.EndpointHost, port).Uri, clock, cancel);
        return isReady ? VmSight.Ready : VmSight.Booting;
    }

    /// <inheritdoc/>
    public async Task<string?> WhyEnded(string vmId, CancellationToken cancel) =>
        await engine.Find(vmId, cancel) is { } found && ExitReason.HasEnded(found)
            ? await ExitReason.Of(found, engine, options, cancel)
            : null;

    /// <summary>
    /// Reports each sandbox of this couch that ends, as long as the engine's events can be read. Not every engine reports every
    /// end, so exited sandboxes are listed as well.
    /// </summary>
    /// <param name="ended">Receives the guest in the sandbox's claim.</param>
    /// <exception cref="VmProviderException">The engine's events cannot be read any more.</exception>
    public async Task Follow(string installation, Action<string> ended, CancellationToken cancel)
    {
        var label = VmLabels.Installation + "=" + installation;
        var told = new HashSet<string>();
        // When one of the two fails, the other is stopped too.
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var events = engine.Follow(label, clock.GetUtcNow(), labels => Tell(labels, ended), both.Token);
        try
        {
            do
            {
                foreach (var container in await engine.Exited(label, both.Token))
                {
                    if (told.Add(container.ID))
                        Tell(container.Labels, ended);
                }
            }
            while (await Task.WhenAny(events, Task.Delay(BetweenLooks, clock, both.Token)) != events);
        }
        finally
        {
            await both.CancelAsync();
            await events.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await events;
    }

    private static void Tell(IDictionary<string, string> labels, Action<string> ended)
    {
        if (labels.TryGetValue(VmLabels.Guest, out var guest))
            ended(guest);
    }

    /// <inheritdoc/>
    public Task Destroy(string vmId, CancellationToken cancel) => engine.Remove(vmId, cancel);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ListedVm>> List(CancellationToken cancel) =>
        [.. (await engine.WithLabel(VmLabels.Guest, cancel)).Select(container => new ListedVm(
            container.ID,
            container.Labels[VmLabels.Guest],
            container.Labels.TryGetValue(VmLabels.Installation, out var installation) ? installation : null,
            new DateTimeOffset(DateTime.SpecifyKind(container.Created, DateTimeKind.Utc)))
        {
            IsLabelled = true,
            IsDead = container.State is "exited" or "dead",
        })];

    /// <inheritdoc/>
    public async Task<UsageReport?> Measure(string vmId, CancellationToken cancel) =>
        await engine.Find(vmId, cancel) is { } found
            ? await SandboxUsage.Read(engine, await Abilities(cancel), found, clock, cancel)
            : throw new VmProviderException($"There is no sandbox {vmId} to measure");

    // It is limited by the bounds of its calls, not by the caller's cancellation.
    private async Task<EnsuredVm> MakeOrAdopt(VmOrder order)
    {
        var name = Sandbox.NameOf(order.Guest);
        if (order.MayExist && await FindOwn(order) is { } earlier)
            return earlier;
        try
        {
            await Create(order);
        }
        catch (VmProviderException)
        {
            // Docker answers 409 for a taken name, Podman 4 answers 500, and a lost answer says nothing: so the engine is asked.
            if (await engine.Find(name, CancellationToken.None) is { } other)
                return await Adopt(other, order);
            throw;
        }

        var made = await engine.Find(name, CancellationToken.None)
            ?? throw new VmProviderException($"The sandbox {name} was removed while it was made");
        return await Adopt(made, order);
    }

    /// <summary>A condemned sandbox is removed, because it has the name that the next one needs.</summary>
    private async Task<EnsuredVm?> FindOwn(VmOrder order)
    {
        if (await engine.Find(Sandbox.NameOf(order.Guest), CancellationToken.None) is not { } found)
            return null;
        if (!order.HasCondemned(found.ID))
            return await Adopt(found, order);
        await engine.Remove(found.ID, CancellationToken.None);
        return null;
    }

    private async Task<EnsuredVm> Adopt(ContainerInspectResponse found, VmOrder order)
    {
        if (!IsClaimed(found, VmLabels.Guest, order.Guest.Value) || !IsClaimed(found, VmLabels.Installation, order.Installation))
            throw new VmProviderException($"The container {found.Name.TrimStart('/')} is in the way: it does not carry this couch's claim. "
                + "Rename or remove it", isFinal: true);
        if (ExitReason.WasNeverStarted(found))
        {
            // Before the start, so that whatever runs first in the sandbox finds it. A start that failed is repeated with it.
            if (order.Guide is { } guide)
                await Put(guide, found.ID);
            found = await Start(found);
        }

        if (ExitReason.HasEnded(found))
            throw new VmProviderException(await ExitReason.Of(found, engine, options, CancellationToken.None), isFinal: true);
        return new EnsuredVm(found.ID, Sandbox.EndpointOf(found, options));
    }

    private async Task Put(VmGuide guide, string id)
    {
        if (await engine.Unpack(id, guide.ToArchive(), CancellationToken.None) is { } refusal)
            refusals.Refused(refusal);
        else
            refusals.Written();
    }

    private async Task<ContainerInspectResponse> Start(ContainerInspectResponse found)
    {
        try
        {
            await engine.Ask("start a sandbox", DockerEngine.WorkBound,
                (docker, token) => docker.Containers.StartContainerAsync(found.ID, new(), token), CancellationToken.None);
        }
        // The start reports it, and the create sets it: the next attempt makes the sandbox anew, with fewer features.
        catch (VmProviderException refusal) when (EngineAbilities.IsAboutUlimits(refusal.Message))
        {
            if ((await Abilities(CancellationToken.None)).AfterRefusal(refusal.Message) is { } after)
            {
                abilities = after.Less;
                LogEngineCannot(log, after.Sentence, refusal.Message);
            }

            await engine.Remove(found.ID, CancellationToken.None);
            throw;
        }
        catch (VmProviderException failure) when (DockerEngine.StatusOf(failure) is HttpStatusCode.NotFound)
        {
            // The container may be gone; but Docker also answers 404 for a command that the image does not have.
            if (await engine.Find(found.ID, CancellationToken.None) is not null)
                throw;
        }

        return await engine.Find(found.ID, CancellationToken.None)
            ?? throw new VmProviderException($"The sandbox {found.Name.TrimStart('/')} was removed while it started");
    }

    private async Task Create(VmOrder order)
    {
        if (Sandbox.NeedsGuestNetwork(order.Permissions))
            await network.MustKeep(CancellationToken.None);
        while (true)
        {
            var asked = await Abilities(CancellationToken.None);
            try
            {
                await engine.Ask("make a sandbox", DockerEngine.WorkBound,
                    (docker, token) => docker.Containers.CreateContainerAsync(Sandbox.For(order, options, asked), token),
                    CancellationToken.None);
                return;
            }
            catch (VmProviderException refusal) when (asked.AfterRefusal(refusal.Message) is { } after)
            {
                // Two concurrent creates may both find it out: the second only repeats the first.
                abilities = after.Less;
                LogEngineCannot(log, after.Sentence, refusal.Message);
            }
            catch (VmProviderException refusal) when (refusal.InnerException is DockerImageNotFoundException)
            {
                throw new VmProviderException($"{refusal.Message}. {EngineCheck.HowToGet(options.Image)}", isFinal: true, refusal)
                {
                    Fault = VmFault.ImageMissing,
                };
            }
        }
    }

    private async Task<EngineAbilities> Abilities(CancellationToken cancel) =>
        abilities ??= EngineAbilities.Of(
            await engine.Ask("describe itself", DockerEngine.AskBound, (docker, token) => docker.System.GetSystemInfoAsync(token), cancel));

    private static bool IsClaimed(ContainerInspectResponse container, string label, string value) =>
        container.Config.Labels is { } labels && labels.TryGetValue(label, out var found) && found == value;

    /// <summary>Whether the container's owner has allowed it by a label on the container, and it is no guest's sandbox.</summary>
    private static bool IsAdoptable(ContainerInspectResponse container) =>
        IsClaimed(container, Sandbox.AdoptLabel, "true")
        && !container.Config.Labels.ContainsKey(VmLabels.Guest) && !container.Config.Labels.ContainsKey(VmLabels.Installation);

    [LoggerMessage(314, LogLevel.Warning, "{Sentence}")]
    private static partial void LogSandboxEnded(ILogger log, string sentence);

    [LoggerMessage(315, LogLevel.Warning, "{Sentence} ({Words})")]
    private static partial void LogEngineCannot(ILogger log, string sentence, string words);
}
