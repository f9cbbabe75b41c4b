using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Guests;

/// <summary>
/// The guest's VM: what the track decides is written here, and then given to the driver. What is under way is known to
/// memory alone; a new memory looks before it makes.
/// </summary>
internal sealed partial class GuestGrain : IDisposable
{
    /// <summary>Long enough for a call's own bounds, so that its report finds this memory.</summary>
    private static readonly TimeSpan StayInMemory = TimeSpan.FromMinutes(5);

    private readonly VmDriver? vms = services.GetService<VmDriver>();
    private CancellationTokenSource? watching;
    private IGrainTimer? wake;
    private IGrainTimer? meter;
    private int? attempting;
    private VmStep.Release? releasing;
    private bool releasesBesideAttempt;
    private bool isGoneButForAttempt;

    public void Dispose() => StopWatching();

    public async Task Observe(VmReport report)
    {
        report.MustBeWithinBounds();
        if (await Remember() is not { } guest)
            return;

        // A stay whose time is up has expired, whatever its VM has come to meanwhile.
        var now = Now();
        var seen = guest.AsOf(now);
        if (!IsOutdated(report, seen.NextStep(now)))
            seen = seen.Observe(report, vmOptions.Attempts, now, chance.Share());
        if (seen != guest)
            await WriteSeen(guest, seen);
        if (report is VmReport.Made made && seen.IsStray(made))
            vms?.Destroy(guest.Id, made.VmId);
        await Drive();
    }

    public async Task LookAtVm()
    {
        if (await Remember() is { IsStaying: true, Vm: { State: VmState.Ready, Id: { } vmId } } guest)
            vms?.Look(guest.Id, vmId);
    }

    /// <summary>Notes what is no longer under way.</summary>
    /// <returns>
    /// True for a "nothing is left" that is no receipt: an attempt may have made a VM behind its back, or the guest's end
    /// wants more destroyed than it was asked for.
    /// </returns>
    private bool IsOutdated(VmReport report, VmStep next)
    {
        var isOutdated = false;
        switch (report)
        {
            // An attempt before the one under way was begun by a memory before this one.
            case VmReport.Made { Attempt: var made } when made == attempting:
            case VmReport.Failed { Attempt: var failed } when failed == attempting:
                attempting = null;
                break;
            case VmReport.Gone:
                isOutdated = releasesBesideAttempt || (next is VmStep.Release && next != releasing);
                releasing = null;
                break;
            case VmReport.NotGone:
                releasing = null;
                break;
        }

        if (report is VmReport.Ready or VmReport.Failed)
            StopWatching();
        isGoneButForAttempt = attempting is not null && (isGoneButForAttempt || report is VmReport.Gone);
        return isOutdated;
    }

    private bool IsOverdue => row.Current is { IsStaying: true } guest && !guest.AsOf(Now()).IsStaying;

    /// <summary>Starts whatever is due and not under way, the end by the clock first. Intent is written before its call.</summary>
    private async Task Drive()
    {
        if (IsOverdue)
        {
            // Comes back here for what is to be done about the VM.
            await WriteEnd(row.Current!.AsOf(Now()));
            return;
        }

        if (vms is null || row.Current is not { } guest)
            return;

        switch (guest.NextStep(Now()))
        {
            case VmStep.Attempt when attempting is null:
                var intended = guest.BeginAttempt();
                await row.Write(intended);
                counts.Retried(VmStage.Provision);
                Begin(intended, mayExist: true);
                break;
            case VmStep.Look when watching is null:
                watching = new();
                DelayDeactivation(StayInMemory);
                vms.Watch(guest, watching.Token);
                break;
            case VmStep.Release release when releasing is null && !isGoneButForAttempt:
                StopWatching();
                releasing = release;
                releasesBesideAttempt = attempting is not null;
                DelayDeactivation(StayInMemory);
                vms.Release(guest.Id, release, isOfCrowd: guest.Status is GuestStatus.Expired);
                break;
            case VmStep.Wait wait:
                WakeAt(wait.Until);
                break;
        }

        KeepMetering(guest);
    }

    /// <summary>A running guest is measured for as long as it runs; metering keeps its grain in memory.</summary>
    private void KeepMetering(Guest guest)
    {
        if (!vms!.IsMetering || !guest.IsStaying || guest.Vm.State is not VmState.Ready)
        {
            meter?.Dispose();
            meter = null;
        }
        else if (vmOptions.MeterEvery > TimeSpan.Zero)
        {
            meter ??= this.RegisterGrainTimer(
                Meter, new GrainTimerCreationOptions(vmOptions.MeterEvery, vmOptions.MeterEvery) { KeepAlive = true });
        }
    }

    private Task Meter()
    {
        if (row.Current is { Vm: { State: VmState.Ready, Id: { } vmId } } guest)
            vms!.Measure(guest.Id, vmId);
        return Task.CompletedTask;
    }

    private void BeginFirstAttempt(Guest arrived)
    {
        if (vms is not null)
            Begin(arrived, mayExist: false);
    }

    private void Begin(Guest intended, bool mayExist)
    {
        attempting = intended.Vm.Attempts;
        DelayDeactivation(StayInMemory);
        vms!.Attempt(intended, mayExist);
    }

    /// <summary>
    /// Writes an end and turns to the VM at once. The moment to act moves earlier, and is armed beside the write, which the
    /// destroy waits for: an early tick alone arms the later one again, and an end alone is driven by this memory and found by
    /// the sweep without it. At an end by the clock the reminder, never armed for later than that, ticks every minute already.
    /// </summary>
    /// <returns>False where it ended in another way than by the clock, and that was written too late: it has expired then.</returns>
    private async Task<bool> WriteEnd(Guest ended)
    {
        var isInTime = true;
        var now = Now();
        var arming = ended.Status is not GuestStatus.Expired && ended.NextMoment(now, GrainReminder.Period) is { } next
            ? this.Arm(next, clock, database)
            : Task.CompletedTask;
        try
        {
            if (ended.Status is GuestStatus.Expired)
                await row.Write(ended);
            else
                isInTime = await WriteInTime(ended);
            if (isInTime)
            {
                LogEnded(ended);
                await Drive();
            }
        }
        finally
        {
            await arming.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        if (arming.Exception is { InnerException: var failure })
            LogNotArmed(ended.Id, failure!.Message);
        return isInTime;
    }

    private async Task WriteSeen(Guest before, Guest seen)
    {
        if (before.IsStaying && !seen.IsStaying)
        {
            if (await WriteEnd(seen) && seen.EndReason is EndReason.ProvisioningFailed)
                LogProvisionFailed(seen.Id, seen.EndDetail);
            return;
        }

        await row.Write(seen);
        if (seen.Status is GuestStatus.Running && before.Status is GuestStatus.Provisioning && !IsOverdue)
        {
            LogActivated(seen.Id);
            counts.GuestActivated();
            counts.Provisioned(seen.Vm);
        }

        if (seen.Vm.DestroyedAt is not null && before.Vm.DestroyedAt is null)
        {
            LogVmDestroyed(seen.Id, seen.Vm.Id);
            counts.Destroyed(seen.Vm);
        }

        if (seen.Vm.State is VmState.Left && before.Vm.State is not VmState.Left)
            LogVmLeft(seen.Id, seen.VmId);
        if (seen.Vm.FailedReleases > before.Vm.FailedReleases)
            counts.Retried(VmStage.Destroy);
    }

    private void StopWatching()
    {
        watching?.Cancel();
        watching?.Dispose();
        watching = null;
    }

    private void WakeAt(DateTimeOffset moment)
    {
        wake?.Dispose();
        var wait = moment - clock.GetUtcNow();
        wake = this.RegisterGrainTimer(
            Drive, new GrainTimerCreationOptions(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan) { KeepAlive = true });
    }

    [LoggerMessage(17, LogLevel.Warning, "couch.provision.failed {GuestId}: {Reason}", EventName = "couch.provision.failed")]
    private partial void LogProvisionFailed(GuestId guestId, string? reason);

    [LoggerMessage(18, LogLevel.Information, "couch.vm.destroyed {GuestId}: {VmId}", EventName = "couch.vm.destroyed")]
    private partial void LogVmDestroyed(GuestId guestId, string? vmId);

    [LoggerMessage(250, LogLevel.Warning, "The VM that guest {GuestId} was given by hand, {VmId}, is left as it is: it does not carry the guest's claim, and may not be destroyed on its giver's word")]
    private partial void LogVmLeft(GuestId guestId, string? vmId);

    [LoggerMessage(23, LogLevel.Warning, "Guest {GuestId} has ended and its reminder was not armed: should this node die before its VM does, the sweep finds it. {Reason}")]
    private partial void LogNotArmed(GuestId guestId, string reason);
}
