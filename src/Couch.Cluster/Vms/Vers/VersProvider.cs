using System.Text;
using Couch.Cluster.Vms.Guide;
using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Vms.Vers;

/// <summary>
/// Guests' VMs from Vers. A create there takes no label and is not idempotent, so a VM is claimed by a second call; a VM whose
/// create's answer was lost stays unclaimed, is never adopted, and is left to the sweep. "One VM" means one claimed VM.
/// </summary>
internal sealed class VersProvider(VersApi api, VersLists lists, VersOptions options, NodeShutdown shutdown, TimeProvider clock,
    ILogger<VersProvider> log, VmProbe? probe = null) : IVmProvider
{
    private const string AuthorizedKeys = "/root/.ssh/authorized_keys";
    private const int OwnerOnly = 0b110_000_000;
    private const double MibInGB = 1024;
    private const int LongestVmId = 64;

    private readonly GuideRefusals refusals = new("Vers", "Give VERS_API_KEY the right to write files", log);

    public string Name => "vers";

    public IInstallationMark Mark { get; } = new VersMark(api);

    public bool IsDedicated => options.IsDedicated;

    public bool MeasuresUsage => options.IsMetered;

    /// <summary>A create sets no claim, and a list may lag.</summary>
    public bool IsExact => false;

    public async Task<VmProviderProblem?> Check(CancellationToken cancel)
    {
        try
        {
            await api.List(cancel);
            return null;
        }
        catch (VmProviderException failure)
        {
            var advice = failure.IsFinal
                ? "VERS_API_KEY must be a key of the account"
                : $"guests wait for their VMs until {options.ApiUrl} answers";
            return new($"{failure.Message}: {advice}", failure.IsFinal);
        }
    }

    public async Task<EnsuredVm?> Find(VmOrder order, CancellationToken cancel) =>
        await KeepOne(order, cancel) is { } vmId ? new(vmId, options.EndpointOf(vmId)) : null;

    /// <remarks>Does not wait for the boot: <see cref="Configure"/> does what needs it.</remarks>
    public async Task<EnsuredVm> Ensure(VmOrder order, CancellationToken cancel)
    {
        var vmId = order.MayExist ? await KeepOne(order, cancel) : null;
        if (vmId is null)
        {
            await order.MustStand(cancel);
            using var making = shutdown.UntilClaimed();
            vmId = await api.Create(cancel);
            await Claim(vmId, order);
        }

        return new(vmId, options.EndpointOf(vmId));
    }

    /// <remarks>
    /// Paused, sleeping and any unknown word are <see cref="VmSight.Booting"/>: such a VM may still become ready, and a VM that is
    /// taken for dead is destroyed.
    /// </remarks>
    public async Task<VmSight> Observe(string vmId, CancellationToken cancel)
    {
        if (!CouldBeAVmId(vmId))
            return VmSight.Missing;
        return await api.Status(vmId, cancel) switch
        {
            null => VmSight.Missing,
            { IsDead: true } => VmSight.Dead,
            { State: "running" } when probe is null || await probe(options.EndpointOf(vmId), cancel) => VmSight.Ready,
            _ => VmSight.Booting,
        };
    }

    /// <summary>
    /// Grows the disk, which waits for the boot, and installs the guest's key and its guide, which requires that the boot is over.
    /// </summary>
    /// <remarks>A guest that has asked for its key must have it; one whose guide is refused runs without a guide.</remarks>
    public async Task Configure(VmOrder order, string vmId, CancellationToken cancel)
    {
        await api.GrowDisk(vmId, (int)Math.Min(int.MaxValue, Math.Ceiling(order.Limits.MaxDiskGB * MibInGB)), cancel);
        if (order.PublicKey is { } publicKey)
            await Authorize(publicKey.Trim(), vmId, cancel);
        if (order.Guide is { } guide)
            await Put(guide, vmId, cancel);
    }

    public async Task<VmsLeft> FindLeft(GuestId guest, string installation, GivenVm? given, CancellationToken cancel)
    {
        var list = await lists.Next(cancel);
        var ours = list.ClaimedBy(guest, installation).Select(vm => vm.VmId).ToHashSet(StringComparer.OrdinalIgnoreCase);
        switch (given)
        {
            case null:
                return new(ours);
            case { Fate: GivenVmFate.Kept }:
                ours.Remove(given.Id);
                return new(ours);
            case var _ when ours.Contains(given.Id):
                return new(ours);
            case { Fate: GivenVmFate.Destroyed } when Guid.TryParseExact(given.Id, "D", out _):
                // A VM that the list leaves out may exist all the same, and the key may see VMs that it may not touch.
                var (found, isClosed) = list.Find(given.Id) is { } listed ? (listed, false) : await api.LookAtGiven(given.Id, cancel);
                var isOurs = found is not null && (found.IsClaimedBy(guest, installation) || found is { Guest: null, Installation: null });
                if (isOurs)
                    ours.Add(found!.VmId);
                return new(ours, SparesGiven: isClosed || (found is not null && !isOurs));
            default:
                return new(ours, SparesGiven: true);
        }
    }

    public Task Destroy(string vmId, CancellationToken cancel) => api.Destroy(vmId, cancel);

    public async Task<IReadOnlyList<ListedVm>> List(CancellationToken cancel) =>
        [.. (await lists.Next(cancel)).Vms.Select(vm => new ListedVm(vm.VmId, vm.Guest, vm.Installation, vm.CreatedAt)
        {
            IsLabelled = vm.Labels is { Count: > 0 },
            IsDead = vm.IsDead,
        })];

    public async Task<UsageReport?> Measure(string vmId, CancellationToken cancel)
    {
        if (!options.IsMetered)
            return null;
        if (!CouldBeAVmId(vmId) || await api.Status(vmId, cancel) is not { } vm)
            throw new VmProviderException($"Vers has no VM {vmId} to measure");

        var told = await api.Exec(vmId, VersUsage.Command, cancel);
        return VersUsage.Read(told.Stdout, age: clock.GetUtcNow() - vm.CreatedAt)
            ?? throw new VmProviderException($"VM {vmId} does not tell what it uses: its meter ended with exit code {told.ExitCode}");
    }

    /// <summary>Letters, digits and dashes: any other character could make it another path of the API.</summary>
    private static bool CouldBeAVmId(string text) =>
        text.Length is > 0 and <= LongestVmId && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-');

    /// <summary>Keeps the oldest living VM that carries the guest's claim, as every node would, and destroys the others.</summary>
    private async Task<string?> KeepOne(VmOrder order, CancellationToken cancel)
    {
        var claimed = (await lists.Next(cancel)).ClaimedBy(order.Guest, order.Installation);
        var kept = claimed.Where(vm => !vm.IsDead && !order.HasCondemned(vm.VmId)).OrderBy(vm => vm.CreatedAt).ThenBy(vm => vm.VmId,
            StringComparer.Ordinal).FirstOrDefault();
        await Task.WhenAll(claimed.Where(vm => vm != kept).Select(Discard));
        return kept?.VmId;

        async Task Discard(VersVm vm)
        {
            try
            {
                await api.Destroy(vm.VmId, cancel);
            }
            catch (VmProviderException) when (vm.IsBooting && order.HasCondemned(vm.VmId))
            {
                // A destroy waits for the boot, and this boot does not end: the guest must not wait for it too. The sweep retries.
            }
        }
    }

    /// <summary>Bounded, but not cancelled: a VM that is made and left without a claim is not found again.</summary>
    private async Task Claim(string vmId, VmOrder order)
    {
        try
        {
            await api.Label(vmId, new Dictionary<string, string>
            {
                [VmLabels.Guest] = order.Guest.Value,
                [VmLabels.Installation] = order.Installation,
            }, CancellationToken.None, order.MustStand);
        }
        catch (Exception failure)
        {
            // Whatever the failure was: no other code knows of this VM.
            var refusal = failure as VmProviderException;
            var notUndone = await Undo(vmId);
            throw new VmProviderException("A new VM could not be claimed, and "
                + $"{(notUndone is null ? "was destroyed again" : $"may be left. {notUndone.Message}")}. {failure.Message}",
                refusal?.IsFinal ?? false, failure)
            {
                RetryAfter = refusal?.RetryAfter,
                MayHaveMade = notUndone is not null,
                MayBeClaimed = notUndone is not null,
            };
        }
    }

    /// <returns>Why the VM may be left; null when it has been destroyed again.</returns>
    private async Task<VmProviderException?> Undo(string vmId)
    {
        try
        {
            await api.Destroy(vmId, CancellationToken.None);
            return null;
        }
        catch (VmProviderException failure)
        {
            return failure;
        }
    }

    private async Task Put(VmGuide guide, string vmId, CancellationToken cancel)
    {
        foreach (var file in guide.Files)
        {
            if (await api.WriteGuideFile(vmId, file, cancel) is { } refusal)
            {
                refusals.Refused(refusal);
                return;
            }
        }

        refusals.Written();
    }

    /// <summary>Adds the guest's key to those that the golden image has; the provider's own may be among them.</summary>
    private async Task Authorize(string publicKey, string vmId, CancellationToken cancel)
    {
        var present = Encoding.UTF8.GetString(await api.ReadFile(vmId, AuthorizedKeys, cancel) ?? []);
        var lines = present.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (!lines.Contains(publicKey))
            await api.WriteFile(
                vmId, AuthorizedKeys, Encoding.UTF8.GetBytes(string.Join('\n', [.. lines, publicKey, ""])), OwnerOnly, cancel);
    }
}
