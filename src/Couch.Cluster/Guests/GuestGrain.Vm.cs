using Couch.Cluster.Telemetry;
using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Guests;

/// <summary>
/// The guest's VM: the decisions of the track are written here, and then given to the driver. Work in progress is known only to the
/// activation; a new activation looks at the provider before it makes a VM.
/// </summary>
internal sealed partial class GuestGrain : IDisposable
{
    /// <summary>Longer than a call's own bounds, so that its report reaches this activation.</summary>
    private static readonly TimeSpan StayInMemory = TimeSpan.FromMinutes(5);

    private readonly VmDriver? vms = services.GetService<VmDriver>();
    private VmWork work = VmWork.None;
    private CancellationTokenSource? watching;
    private IGrainTimer? wake;
    private IGrainTimer? meter;

    public void Dispose() => StopWatching();

    public async Task Observe(VmReport report)
    {
        report.MustBeWithinBounds();
        if (await IsUnreadable())
        {
            await ObserveUnreadable(report);
            return;
        }

        if (row.Current is not { } guest)
            return;

        var turn = work.Observe(guest, report, vmOptions.Attempts, Now(), random.NextFraction());
        // Updated before the write, because the reported work is over in any case. If the write fails, the report is delivered
        // again.
        work = turn.Work;
        if (turn.Guest != guest)
            await WriteSeen(guest, turn.Guest);
        Execute(turn);
        await Drive();
    }

    public async Task LookAtVm()
    {
        if (!await IsUnreadable() && row.Current is { IsStaying: true, Vm: { State: VmState.Ready, Id: { } vmId } } guest)
            vms?.Look(guest.Id, vmId);
    }

    private bool IsOverdue => row.Current is { IsStaying: true } guest && !guest.AsOf(Now()).IsStaying;

    /// <summary>Starts all work that is due and not in progress. The intent is written before the call.</summary>
    private async Task Drive()
    {
        if (row.Unreadable is not null)
        {
            await DriveUnreadable();
            return;
        }

        while (row.Current is { } guest && work.Next(guest, Now(), vms?.IsExact) is { } turn)
        {
            if (turn.Guest != guest)
                await WriteDue(guest, turn.Guest);
            work = turn.Work;
            Execute(turn);
        }

        if (vms is not null && row.Current is { } driven)
            KeepMetering(driven);
    }

    private void Execute(VmTurn turn)
    {
        foreach (var command in turn.Commands)
            Execute(command, turn.Guest);
    }

    private void Execute(VmCommand command, Guest guest)
    {
        switch (command)
        {
            case VmCommand.Attempt attempt:
                if (attempt.MayExist)
                    counts.Retried(VmStage.Provision);
                DelayDeactivation(StayInMemory);
                vms!.Attempt(guest, attempt.MayExist);
                break;
            case VmCommand.Watch:
                watching = new();
                DelayDeactivation(StayInMemory);
                vms!.Watch(guest, watching.Token);
                break;
            case VmCommand.StopWatching:
                StopWatching();
                break;
            case VmCommand.Release release:
                DelayDeactivation(StayInMemory);
                vms!.Release(guest.Id, release.What, isOfCrowd: guest.EndedInCrowd);
                break;
            case VmCommand.Destroy destroy:
                vms?.Destroy(guest.Id, destroy.VmId);
                break;
            case VmCommand.Wake soon:
                WakeAt(soon.At);
                break;
        }
    }

    /// <summary>A running guest is measured as long as it runs; the timer keeps its grain active.</summary>
    private void KeepMetering(Guest guest)
    {
        if (!vms!.MeasuresUsage || !guest.IsStaying || guest.Vm.State is not VmState.Ready)
        {
            meter?.Dispose();
            meter = null;
        }
        else if (vmOptions.MeasureEvery > TimeSpan.Zero)
        {
            meter ??= this.RegisterGrainTimer(
                Measure, new GrainTimerCreationOptions(vmOptions.MeasureEvery, vmOptions.MeasureEvery) { KeepAlive = true });
        }
    }

    private Task Measure()
    {
        if (row.Current is { Vm: { State: VmState.Ready, Id: { } vmId } } guest)
            vms!.Measure(guest.Id, vmId);
        return Task.CompletedTask;
    }

    private void BeginFirstAttempt(Guest arrived)
    {
        if (vms is null)
            return;
        var turn = VmWork.Arrived(arrived);
        work = turn.Work;
        Execute(turn);
    }

    /// <summary>Writes a change that is due: an end by the clock, or the intent of the next step.</summary>
    private async Task WriteDue(Guest before, Guest due)
    {
        await row.Write(due);
        if (before.IsStaying && !due.IsStaying)
            LogEnded(due);
        CountUnaccounted(before, due);
    }

    /// <summary>Writes an end, with the next moment to act in the same row, and starts work on the VM at once.</summary>
    /// <returns>False when an end other than an expiry was written too late: the guest has expired instead.</returns>
    private async Task<bool> WriteEnd(Guest ended)
    {
        if (ended.Status is GuestStatus.Expired)
            await row.Write(ended);
        else if (!await WriteInTime(ended))
            return false;
        LogEnded(ended);
        await Drive();
        return true;
    }

    private async Task WriteSeen(Guest before, Guest seen)
    {
        if (before.IsStaying && !seen.IsStaying)
        {
            var isInTime = await WriteEnd(seen);
            CountUnaccounted(before, seen);
            if (isInTime && seen.EndReason is EndReason.ProvisioningFailed)
                LogProvisionFailed(seen.Id, seen.EndDetail);
            return;
        }

        await row.Write(seen);
        CountUnaccounted(before, seen);
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

    private void CountUnaccounted(Guest before, Guest after)
    {
        if (after.Vm.Unaccounted <= before.Vm.Unaccounted)
            return;
        LogUnaccounted(after.Id, after.Vm.Attempts);
        counts.Unaccounted();
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
            Wake, new GrainTimerCreationOptions(wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
                Timeout.InfiniteTimeSpan) { KeepAlive = true });
    }

    private Task Wake()
    {
        work = work with { WakesAt = null };
        return Drive();
    }

    [LoggerMessage(17, LogLevel.Warning, "couch.provision.failed {GuestId}: {Reason}", EventName = "couch.provision.failed")]
    private partial void LogProvisionFailed(GuestId guestId, string? reason);

    [LoggerMessage(18, LogLevel.Information, "couch.vm.destroyed {GuestId}: {VmId}", EventName = "couch.vm.destroyed")]
    private partial void LogVmDestroyed(GuestId guestId, string? vmId);

    [LoggerMessage(
        250, LogLevel.Warning, "The VM that guest {GuestId} was given by hand, {VmId}, is left as it is: it does not carry the guest's "
            + "claim, and may not be destroyed on its giver's word")]
    private partial void LogVmLeft(GuestId guestId, string? vmId);

    [LoggerMessage(
        251, LogLevel.Warning, "The outcome of a create for guest {GuestId}, by its attempt {Attempts}, is unknown: it may have left a VM "
            + "without a claim")]
    private partial void LogUnaccounted(GuestId guestId, int attempts);
}
