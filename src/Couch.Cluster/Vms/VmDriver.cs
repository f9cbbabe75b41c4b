using System.Collections.Concurrent;
using Couch.Cluster.Delivery;
using Couch.Cluster.Storage;
using Couch.Cluster.Vms.Guide;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Domain.Values;
using Couch.Domain.Vms;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Vms;

/// <summary>
/// Does at the provider what grains have decided and written, outside their turns, and has each result delivered to them. It
/// receives values, never a grain's state. Every failure is either reported to the guest or logged, and a guest that receives no
/// report asks again.
/// </summary>
internal sealed partial class VmDriver(
    IVmProvider provider, Installation installation, InstallationLease lease, VmGates gates, VmRows rows, GuestDelivery delivery,
    VmGuides guides, IGrainFactory grains, TimeProvider clock, ILogger<VmDriver> log)
{
    private static readonly TimeSpan FirstLooks = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LaterLooks = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SlowsAfter = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The greatest age of the row's answer: less than the silence after which a node is declared dead and its guests are taken
    /// over.
    /// </summary>
    private static readonly TimeSpan Believed = TimeSpan.FromSeconds(3);

    /// <summary>
    /// A node that resumes from a pause gets a new answer at once; a slow database is not waited for longer than a call may take.
    /// </summary>
    private const int MostTimesAsked = 3;

    private readonly ConcurrentDictionary<GuestId, bool> measuring = new();

    public string ProviderName => provider.Name;

    public bool MeasuresUsage => provider.MeasuresUsage;

    public bool IsExact => provider.IsExact;

    /// <summary>
    /// Asks the provider for the guest's VM. Reports <see cref="VmReport.Made"/>, <see cref="VmReport.NotFound"/> or
    /// <see cref="VmReport.Failed"/>.
    /// </summary>
    public void Attempt(Guest guest, bool mayExist)
    {
        var (attempt, mayMake) = (guest.Vm.Attempts, guest.Vm.UnderWay is not VmTry.Find);
        var order = Order(guest, mayExist: false) with { MustStand = cancel => MustStand(guest.Id, attempt, cancel) };
        Start(
            guest.Id,
            async () =>
            {
                await lease.MustBeAlone();
                if (mayExist && await gates.Looks.Run(() => provider.Find(order, CancellationToken.None),
                    CancellationToken.None) is { } found)
                    return Checked(new VmReport.Made(attempt, found.VmId, found.Endpoint) { IsFound = true });
                if (!mayMake)
                    return new VmReport.NotFound(attempt);
                // A kill does not cancel it: a create that has begun must be followed to its end, so that its VM is destroyed.
                var made = await gates.Creates.Run(() => provider.Ensure(order, CancellationToken.None));
                return Checked(new VmReport.Made(attempt, made.VmId, made.Endpoint));
            },
            failure => new VmReport.Failed(attempt, failure.Message, failure.IsFinal)
            {
                RetryAfter = failure.RetryAfter,
                MayHaveMade = failure.MayHaveMade && mayMake && !provider.IsExact,
                MayBeClaimed = failure.MayBeClaimed,
            },
            CancellationToken.None);
    }

    /// <summary>
    /// Looks until the VM is ready, dead, or has booted for too long. Reports <see cref="VmReport.Ready"/> or
    /// <see cref="VmReport.Failed"/>.
    /// </summary>
    public void Watch(Guest guest, CancellationToken cancel)
    {
        var (attempt, vmId) = (guest.Vm.Attempts, guest.Vm.Id!);
        Start(
            guest.Id,
            async () =>
            {
                var began = clock.GetTimestamp();
                string? trouble = null;
                while (true)
                {
                    var (sight, said) = await See(guest, vmId, cancel);
                    if (sight is VmSight.Ready)
                        return new VmReport.Ready(vmId);
                    if (sight is VmSight.Dead or VmSight.Missing)
                        return new VmReport.Failed(
                            attempt, $"VM {vmId} was {(sight is VmSight.Dead ? "dead" : "gone")} before it was ready", false);
                    if (said is not null && said != trouble)
                        LogNotReady(guest.Id, said);
                    trouble = said;
                    if (clock.GetElapsedTime(began) > VmTrack.LongestBoot)
                        return new VmReport.Failed(attempt, $"VM {vmId} was not ready within {VmTrack.LongestBoot.TotalMinutes:0} "
                            + $"minutes{(trouble is null ? "" : $". {trouble}")}", false);
                    await Task.Delay(clock.GetElapsedTime(began) < SlowsAfter ? FirstLooks : LaterLooks, clock, cancel);
                }
            },
            failure => new VmReport.Failed(attempt, failure.Message, failure.IsFinal) { RetryAfter = failure.RetryAfter },
            cancel);
    }

    /// <summary>
    /// Destroys whatever the guest has at the provider. Reports <see cref="VmReport.Gone"/> or <see cref="VmReport.NotGone"/>.
    /// </summary>
    /// <param name="isOfCrowd">Whether very many guests may have ended at one moment with this one.</param>
    public void Release(GuestId guest, VmStep.Release what, bool isOfCrowd) => Start(
        guest,
        async () =>
        {
            if (isOfCrowd)
                await gates.CrowdsEnds.Wait();
            var began = clock.Now();
            var gone = await provider.Release(
                guest, installation.Id, what,
                isOfCrowd ? vmId => gates.CrowdsDestroys.Run(() => Destroyed(vmId), CancellationToken.None) : Destroyed);
            return gone with { Began = began };
        },
        failure => new VmReport.NotGone(failure.Message) { RetryAfter = failure.RetryAfter },
        CancellationToken.None);

    /// <summary>
    /// Destroys a VM that an older attempt delivered too late. Reports nothing: after a failure, the sweep finds the VM.
    /// </summary>
    public void Destroy(GuestId guest, string vmId) => Task.Run(async () =>
    {
        try
        {
            await Destroyed(vmId);
            LogTooLate(guest, vmId);
        }
        catch (Exception failure)
        {
            LogStrayLeft(guest, vmId, failure.Message);
        }
    });

    /// <summary>Destroys a VM at the provider, once there is a place for that.</summary>
    /// <exception cref="VmProviderException">It may be left, or another couch with this one's data is at work.</exception>
    internal async Task Destroyed(string vmId)
    {
        await lease.MustBeAlone();
        await gates.Destroys.Run(() => provider.Destroy(vmId, CancellationToken.None), CancellationToken.None);
    }

    /// <summary>
    /// Looks whether a running guest's VM exists. Reports <see cref="VmReport.Looked"/>, or nothing when that is unknown.
    /// </summary>
    public void Look(GuestId guest, string vmId) => Start(
        guest,
        async () =>
        {
            var sight = await gates.Looks.Run(() => provider.Observe(vmId, CancellationToken.None), CancellationToken.None);
            return new VmReport.Looked(vmId, sight is not (VmSight.Missing or VmSight.Dead))
            {
                Ended = sight is VmSight.Dead ? await provider.WhyEnded(vmId, CancellationToken.None) : null,
            };
        },
        failure =>
        {
            LogNotSeen(guest, failure.Message);
            return null;
        },
        CancellationToken.None);

    /// <summary>Measures a running guest, unless a measurement is in progress. Reports usage as any meter does.</summary>
    public void Measure(GuestId guest, string vmId) => Task.Run(async () =>
    {
        if (!measuring.TryAdd(guest, true))
            return;
        try
        {
            if (await gates.Measurements.Run(() => provider.Measure(vmId, CancellationToken.None), CancellationToken.None) is { } usage)
                await grains.Guest(guest).Report(usage);
        }
        catch (Exception failure)
        {
            // Counters are absolute: the next measurement corrects what this one missed.
            LogNotMeasured(guest, failure.Message);
        }
        finally
        {
            measuring.TryRemove(guest, out _);
        }
    });

    /// <summary>
    /// The guest refuses a report out of bounds, and it would be delivered again for ever: here it becomes an attempt that failed.
    /// </summary>
    private VmReport.Made Checked(VmReport.Made made)
    {
        try
        {
            made.MustBeWithinBounds();
            return made;
        }
        catch (OutOfBoundsException wrong)
        {
            throw new VmProviderException($"VM provider {provider.Name} has made a VM that cannot be used: {wrong.Message}", inner: wrong);
        }
    }

    private VmOrder Order(Guest guest, bool mayExist) => new()
    {
        Guest = guest.Id,
        Installation = installation.Id,
        MayExist = mayExist,
        Limits = guest.ResourceLimits,
        Permissions = guest.Permissions,
        PublicKey = guest.PublicKey,
        Guide = guides.Of(guest),
        Condemned = guest.Vm.EachCondemned,
    };

    /// <summary>
    /// Whether the guest's row still names this attempt. Neither the activation nor the intent's age can tell: a node that was
    /// paused and declared dead meanwhile does not know it, and may write an intent when it resumes. It may also have been paused
    /// while the row's answer was on its way, so an old answer does not count.
    /// </summary>
    private async Task MustStand(GuestId guest, int attempt, CancellationToken cancel)
    {
        for (var times = 0; times < MostTimesAsked; times++)
        {
            var asked = clock.GetTimestamp();
            var said = await RowOf(guest).WaitAsync(cancel);
            if (clock.GetElapsedTime(asked) > Believed)
                continue;
            if (said is [{ IsStaying: true, Vm: { State: VmState.Requested, Attempts: var current } }] && current == attempt)
                return;
            throw VmProviderException.Overtaken;
        }

        throw new VmProviderException("The database took too long to say whether the order for this VM stands");
    }

    private async Task<IReadOnlyList<GuestVm>> RowOf(GuestId guest)
    {
        try
        {
            return await rows.VmsOf([guest], CancellationToken.None);
        }
        catch (StorageUnavailableException unavailable)
        {
            throw new VmProviderException("The database did not say whether the order for this VM stands", inner: unavailable);
        }
    }

    /// <summary>
    /// The state of the VM, which is configured once it has booted. A provider's failure says nothing about the VM: the look is
    /// repeated.
    /// </summary>
    private async Task<(VmSight Sight, string? Trouble)> See(Guest guest, string vmId, CancellationToken cancel)
    {
        try
        {
            var sight = await gates.Looks.Run(() => provider.Observe(vmId, cancel), cancel);
            if (sight is VmSight.Ready)
                await gates.Configurations.Run(() => provider.Configure(Order(guest, mayExist: true), vmId, cancel), cancel);
            return (sight, null);
        }
        catch (VmProviderException failure) when (!failure.IsFinal)
        {
            return (VmSight.Booting, failure.Message);
        }
    }

    private void Start(GuestId guest, Func<Task<VmReport>> work, Func<VmProviderException, VmReport?> failed, CancellationToken cancel)
    {
        Task.Run(
            async () =>
            {
                VmReport? report;
                try
                {
                    report = await work();
                }
                catch (OperationCanceledException) when (cancel.IsCancellationRequested)
                {
                    // The guest has cancelled the work.
                    return;
                }
                catch (VmProviderException failure)
                {
                    report = failed(failure);
                }
                catch (Exception unforeseen)
                {
                    // Work that ends without a report would count as in progress as long as the activation lives.
                    LogUnforeseen(guest, unforeseen);
                    report = failed(new($"VM provider {provider.Name} failed unexpectedly; the couch's log says how")
                    {
                        MayHaveMade = true,
                        MayBeClaimed = true,
                    });
                }

                if (report is not null)
                    delivery.ReportVm(guest, report);
            },
            CancellationToken.None);
    }

    [LoggerMessage(45, LogLevel.Error, "The VM provider failed unforeseen on guest {GuestId}")]
    private partial void LogUnforeseen(GuestId guestId, Exception failure);

    [LoggerMessage(43, LogLevel.Debug, "Guest {GuestId} was not measured: {Reason}")]
    private partial void LogNotMeasured(GuestId guestId, string reason);

    [LoggerMessage(44, LogLevel.Debug, "It is not known whether the VM of guest {GuestId} is there: {Reason}")]
    private partial void LogNotSeen(GuestId guestId, string reason);

    [LoggerMessage(46, LogLevel.Warning, "VM {VmId} came too late for guest {GuestId} and was destroyed")]
    private partial void LogTooLate(GuestId guestId, string vmId);

    [LoggerMessage(47, LogLevel.Warning, "VM {VmId} came too late for guest {GuestId} and is left to the sweep: {Reason}")]
    private partial void LogStrayLeft(GuestId guestId, string vmId, string reason);

    [LoggerMessage(42, LogLevel.Warning, "The VM of guest {GuestId} is not ready yet: {Reason}")]
    private partial void LogNotReady(GuestId guestId, string reason);
}
