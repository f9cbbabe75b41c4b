using Couch.Cluster.Guests;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Vms;

/// <summary>
/// The safety net for guests' VMs: compares the provider's list with the rows, and acts on the conclusions of
/// <see cref="VmReconciliation"/>. It runs outside any grain's turn, because the provider may be slow; one pass at a time. A list
/// or a read that fails ends that part of the pass: without an answer nothing is destroyed, and no guest is ended.
/// </summary>
internal sealed partial class VmSweep(
    IVmProvider provider, Installation installation, VmDriver driver, VmOptions options, VmRows sweeps,
    CouchMeter meter, IGrainFactory grains, TimeProvider clock, ILogger<VmSweep> log)
    : IDisposable
{
    private const int PokesAtOnce = 32;

    /// <summary>Few, so that leftovers never delay a kill.</summary>
    private const int DestroysAtOnce = 8;

    private readonly SemaphoreSlim turn = new(1);

    /// <summary>The provider's name in a guest's record.</summary>
    public string ProviderName => provider.Name;

    /// <summary>How many VMs without a claim the last pass has found; null where there was none, or it could not list them.</summary>
    public int? Unclaimed { get; private set; }

    /// <inheritdoc cref="IVmProvider.Trouble"/>
    public VmTrouble? Trouble => provider.Trouble;

    public void Dispose() => turn.Dispose();

    /// <summary>Begins a pass, unless one is under way. Its failure is logged; the next minute brings another.</summary>
    /// <param name="isAtStart">A node has just started: lost work is restarted at once, and is no finding.</param>
    public void Begin(bool isAtStart = false) => Task.Run(async () =>
    {
        if (!await turn.WaitAsync(TimeSpan.Zero))
            return;
        try
        {
            await Pass(isAtStart);
        }
        catch (Exception failure)
        {
            LogFailed(failure.Message);
        }
        finally
        {
            turn.Release();
        }
    });

    /// <summary>A pass for the caller: it begins after the call, once one that is in progress has ended.</summary>
    public Task<VmFindings> Sweep() => Task.Run(() => turn.Run(() => Pass(isAtStart: false), CancellationToken.None));

    private async Task<VmFindings> Pass(bool isAtStart)
    {
        // The list is read before the rows: a VM that is made in between is in a row, and is not taken as missing from the list.
        var at = clock.Now();
        var listed = await List();
        var guests = (await sweeps.OpenVms(CancellationToken.None)).ToList();
        if (listed is not null)
            guests.AddRange(await sweeps.VmsOf(VmReconciliation.Questionable(listed, installation.Id, guests), CancellationToken.None));
        var found = new VmReconciliation
        {
            Provider = provider.Name,
            Installation = installation.Id,
            IsDedicated = provider.IsDedicated,
            DestroysUnknown = options.DestroysUnknown,
            MeasuresUsage = provider.MeasuresUsage && options.MeasureEvery > TimeSpan.Zero,
            IsAtStart = isAtStart,
            At = at,
            Listed = listed,
            Guests = guests,
            InMemory = await InMemory(),
        }.Reconcile();
        Unclaimed = listed is null ? null : found.Unclaimed.Count;
        Tell(isAtStart ? found with { Stuck = [], Unmetered = [] } : found);

        await Each(found.ToDestroy, DestroysAtOnce, Destroy);
        await Each(found.ToVerify, PokesAtOnce, guest => grains.GetGrain<IGuestGrain>(guest).LookAtVm());
        // They find out by themselves whether they have expired and their VM must be destroyed.
        var unreadable = guests.Where(guest => guest.IsUnreadable).Select(guest => guest.Id.Value);
        await Each([.. found.Stuck, .. found.Unmetered, .. unreadable], PokesAtOnce, guest => grains.GetGrain<IGuestGrain>(guest).Settle());
        return found;
    }

    private async Task<IReadOnlyList<ListedVm>?> List()
    {
        try
        {
            return await provider.List(CancellationToken.None);
        }
        catch (VmProviderException failure)
        {
            LogNotListed(failure.Message);
            return null;
        }
    }

    /// <summary>The guests that are active on some node; null when the nodes cannot be asked.</summary>
    private async Task<IReadOnlySet<string>?> InMemory()
    {
        try
        {
            var active = await grains.GetGrain<IManagementGrain>(0).GetActiveGrains(GrainType.Create(GrainKinds.Guest));
            return active.Select(guest => guest.Key.ToString()!).ToHashSet();
        }
        catch (Exception failure)
        {
            LogNodesNotAsked(failure.Message);
            return null;
        }
    }

    private async Task Destroy(string vmId)
    {
        await driver.Destroyed(vmId);
        LogDestroyed(vmId);
    }

    /// <summary>A failure is logged, and the next pass finds the guest or VM again.</summary>
    private Task Each(IReadOnlyList<string> found, int atOnce, Func<string, Task> act) =>
        Parallel.ForEachAsync(found, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (one, _) =>
        {
            try
            {
                await act(one);
            }
            catch (Exception failure)
            {
                LogNotMended(one, failure.Message);
            }
        });

    private void Tell(VmFindings found)
    {
        foreach (var hold in found.Holds)
        {
            var (ids, sentence) = hold switch
            {
                SafetyHold.ManyVanished => (found.Vanished, "many guests' VMs vanished at once, which the provider's list may have wrong: "
                    + "no guest is ended for it; end them by hand where it is true"),
                SafetyHold.UnknownGuests => (found.Unknown, "VMs carry this couch's claim for guests that its database does not know, so "
                    + "the database is older than they are, or a copy: "
                    + "they stay until you destroy them, or set COUCH_VM_UNKNOWN=destroy"),
                _ => (found.Unclaimed, "the account is declared this couch's alone and has another couch's VMs: unclaimed VMs stay; unset "
                    + "COUCH_VERS_DEDICATED"),
            };
            LogHeld(hold.Word(), sentence, ids.Count, string.Join(", ", ids.Take(10)));
            meter.Found(Finding.Hold);
        }

        if (found is not { Strays.Count: 0, Unclaimed.Count: 0, Vanished.Count: 0, Stuck.Count: 0, Unmetered.Count: 0 })
            LogFound(found.Strays.Count, found.Unclaimed.Count, found.Vanished.Count, found.Stuck.Count, found.Unmetered.Count);
        meter.Found(Finding.StrayVm, found.Strays.Count);
        meter.Found(Finding.VanishedVm, found.Vanished.Count);
        meter.Found(Finding.StuckGuest, found.Stuck.Count);
        meter.Found(Finding.UnmeteredGuest, found.Unmetered.Count);
        meter.CountUnclaimed(found.Unclaimed.Count);
    }

    [LoggerMessage(
        61, LogLevel.Warning,
        "couch.sweep.vms: {Strays} stray VMs, {Unclaimed} unclaimed, {Vanished} vanished, {Stuck} stuck guests, {Unmetered} unmetered; all "
            + "should be none",
        EventName = "couch.sweep.vms")]
    private partial void LogFound(int strays, int unclaimed, int vanished, int stuck, int unmetered);

    [LoggerMessage(62, LogLevel.Error, "couch.sweep.held {Hold}: {Sentence} ({Count}: {Some})", EventName = "couch.sweep.held")]
    private partial void LogHeld(string hold, string sentence, int count, string some);

    [LoggerMessage(63, LogLevel.Warning, "couch.sweep.destroyed {VmId}: nobody's", EventName = "couch.sweep.destroyed")]
    private partial void LogDestroyed(string vmId);

    [LoggerMessage(64, LogLevel.Warning, "VMs are not swept in this minute, because they could not be listed: {Reason}")]
    private partial void LogNotListed(string reason);

    [LoggerMessage(65, LogLevel.Warning, "It is not known which guests are in memory: {Reason}")]
    private partial void LogNodesNotAsked(string reason);

    [LoggerMessage(66, LogLevel.Warning, "The sweep of VMs could not mend {Id}: {Reason}")]
    private partial void LogNotMended(string id, string reason);

    [LoggerMessage(67, LogLevel.Warning, "A sweep of VMs ended early: {Reason}")]
    private partial void LogFailed(string reason);
}
