using System.Security.Cryptography;
using Couch.Cluster.Delivery;
using Couch.Cluster.Events;
using Couch.Cluster.Keys;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Couch.Cluster.Vms;
using Couch.Domain.Events;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Couch.Cluster.Guests;

[GrainType(GrainKinds.Guest)]
internal sealed partial class GuestGrain(
    IGrainStorage storage,
    CouchDatabase database,
    EventRecords records,
    IServiceProvider services,
    VmOptions vmOptions,
    HostKeys hostKeys,
    GuestDelivery delivery,
    TimeProvider clock,
    RandomNumberGenerator random,
    CouchMeter counts,
    ILogger<GuestGrain> log) : Grain, IGuestGrain, IRemindable
{
    /// <summary>
    /// How long counters may stay unwritten: a crash of this process can lose that much, and the next absolute report restores it.
    /// </summary>
    private static readonly TimeSpan UsageLag = TimeSpan.FromSeconds(1);

    private GrainRow<Guest> row = null!;
    private GrainWake timeUp = null!;
    private Task? loading;
    private IGrainTimer? flush;
    private DateTimeOffset latest;
    private bool hasToldOfDropped;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        row = new(
            GrainContext, GrainKinds.Guest, storage, database, DeactivateOnIdle,
            new() { NextMoment = guest => guest.NextMoment(Now(), GrainWake.Period), Events = Transitions.Of }, records, RowChanged,
            delivery.ReportUsage);
        timeUp = new(this, clock, Tick);
        return Task.CompletedTask;
    }

    public Task<bool> Admit(Admission admission)
    {
        admission.MustBeWithinBounds();
        return AdmitOnce(Guest.Arriving(Id, admission));
    }

    public Task<bool> Arrive(Guest arriving)
    {
        arriving.MustBeArriving(this.GetPrimaryKeyString());
        return AdmitOnce(arriving);
    }

    private async Task<bool> AdmitOnce(Guest arriving)
    {
        if (loading is not null && await Load() is not null)
            return false;

        // A concurrent caller waits for this task; otherwise it would see an unfinished arrival.
        var arrival = InsertOrLoad(arriving);
        loading = arrival;
        return await arrival;
    }

    public async Task<Guest?> Get() => await Load() is null ? null : AsOfNow;

    public async Task<ActivateOutcome> Activate(string vmId, string agentEndpoint, Actor? by)
    {
        if (await Load() is not { } guest)
            return new ActivateOutcome.Unknown();

        var key = by?.KeyId is { } id ? await hostKeys.Find(id, CancellationToken.None) : null;
        var outcome = guest.Activate(vmId, agentEndpoint, Now(), by, key);
        if (outcome is ActivateOutcome.Activated activated)
        {
            if (!await WriteInTime(activated.Guest))
                return new ActivateOutcome.NotProvisioning(AsOfNow!.Status);
            LogActivated(guest.Id);
            counts.GuestActivated();
            await Drive();
        }

        return outcome;
    }

    public async Task<EndOutcome> Kill(Actor? by, Idempotency? key) =>
        await IsUnreadable()
            ? await EndUnreadable(GuestStatus.Revoked, EndReason.Killed, by, key)
            : await End((guest, now) => guest.Kill(now, by, key));

    public async Task<EndOutcome> CheckOut() =>
        await IsUnreadable()
            ? await EndUnreadable(GuestStatus.Stopped, EndReason.CheckedOut, null)
            : await End((guest, now) => guest.CheckOut(now));

    public async Task<ExtendOutcome> Extend(double hours, Actor? by)
    {
        if (await Load() is not { } guest)
            return new ExtendOutcome.Unknown();

        var outcome = guest.Extend(hours, Now(), by);
        if (outcome is ExtendOutcome.Extended extended)
        {
            if (!await WriteInTime(extended.Guest))
                return new ExtendOutcome.AlreadyEnded(AsOfNow!.Status);
        }

        return outcome;
    }

    public async Task<UsageOutcome> Report(UsageReport report, Actor? by)
    {
        if (await Load() is not { } guest)
            return new UsageOutcome.Unknown();

        if (report.Unusable() is { Count: > 0 } unusable)
            CountDropped(unusable);
        var recorded = guest.Report(report, Now(), by);
        if (recorded.Guest.Status == guest.Status && !recorded.NewlyExceeded)
        {
            if (recorded.Guest != guest)
                Hold(recorded.Guest);
            return recorded;
        }

        if (recorded.Guest.Status != guest.Status)
            recorded = await WriteEnd(recorded.Guest) ? recorded : recorded with { Guest = AsOfNow! };
        else
            await row.Write(recorded.Guest, by);
        if (recorded.NewlyExceeded)
            LogLimitsExceeded(guest.Id, recorded.Guest.Violations);
        return recorded;
    }

    public async Task Settle()
    {
        await IsUnreadable();
        await Drive();
    }

    public async Task<bool> Purge(DateTimeOffset moment)
    {
        // A row that cannot be read is never deleted.
        if (await IsUnreadable() || row.Current?.IsPast(moment) is not true)
            return false;

        await row.Delete();
        DeactivateOnIdle();
        return true;
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (await row.IsOvertaken(status))
            return;
        await Tick();
        await timeUp.Forget(reminderName, needsNoWake: row.Unreadable is null && row.WakeAt is null);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        LetWaitingGo();
        try
        {
            await Flush();
        }
        catch (Exception failure)
        {
            // Only counters are affected: they are reported to the guest's next activation.
            LogUsageNotWritten(failure.Message);
            if (row.IsHeld)
                delivery.ReportUsage(row.Current!);
        }
    }

    private async Task Tick()
    {
        if (await IsUnreadable())
        {
            await Drive();
            return;
        }

        if (IsOverdue)
        {
            // Many guests may be overdue at once, so the delivery records the expiry. The next tick finds it recorded, or asks for
            // it again.
            delivery.SettleEnd(row.Current!.Id);
            return;
        }

        await Drive();
        await row.KeepWake(Now());
        WakeInTime();
    }

    /// <summary>
    /// The guest as its row has it. The first call reads the row, and resumes the work that an earlier activation had in progress.
    /// </summary>
    private async ValueTask<Guest?> Load()
    {
        if (loading is null or { IsFaulted: true })
            loading = LoadAndResume();
        await loading;
        return row.Current;
    }

    /// <summary>
    /// Initializes a new activation: work in progress may have been lost with the previous one. An overdue end by the clock is left
    /// to a tick or the sweep, because many may be due at once and those handle a few at a time.
    /// </summary>
    private async Task LoadAndResume()
    {
        await row.Read();
        if (!IsOverdue)
            await Drive();
        WakeInTime();
    }

    private async Task<bool> InsertOrLoad(Guest arriving)
    {
        var guest = vms is null ? arriving : arriving.OrderVm(vms.ProviderName, Now());
        if (!await row.Make(guest))
        {
            // The guest has a row already.
            await LoadAndResume();
            return false;
        }

        BeginFirstAttempt(guest);
        return true;
    }

    private async Task<EndOutcome> End(Func<Guest, DateTimeOffset, EndOutcome> decide)
    {
        if (await Load() is not { } guest)
            return new EndOutcome.Unknown();

        var outcome = decide(guest, Now());
        // A repetition under the same idempotency key has been written already.
        if (outcome is not EndOutcome.Ended ended || ReferenceEquals(ended.Guest, guest))
            return outcome;
        return await WriteEnd(ended.Guest) ? outcome : new EndOutcome.AlreadyEnded(AsOfNow!);
    }

    private void RowChanged()
    {
        TellWaiting();
        WakeInTime();
    }

    /// <summary>Wakes the grain at the end of the stay, also when the row names an earlier moment for work in progress.</summary>
    private void WakeInTime() => timeUp.At(row is { IsKnown: true, Current: { IsStaying: true } guest } ? guest.ExpiresAt : null);

    private void Hold(Guest guest)
    {
        row.Hold(guest);
        FlushSoon();
    }

    private void FlushSoon() =>
        flush ??= this.RegisterGrainTimer(FlushOnTime, new GrainTimerCreationOptions(UsageLag, UsageLag) { KeepAlive = true });

    /// <summary>
    /// Counts the reported values that cannot be stored. Each activation logs this once, because a meter may report such values
    /// every second.
    /// </summary>
    private void CountDropped(IReadOnlyList<string> unusable)
    {
        counts.UsageDropped(unusable.Count);
        if (!hasToldOfDropped)
            LogDropped(row.Current!.Id, unusable);
        hasToldOfDropped = true;
    }

    /// <summary>Tries again every second until the counters are written, or another activation turns out to own the row.</summary>
    private async Task FlushOnTime()
    {
        try
        {
            await Flush();
            flush?.Dispose();
            flush = null;
        }
        catch (InconsistentStateException)
        {
            DeactivateOnIdle();
            throw;
        }
    }

    /// <summary>The guest as callers see it now.</summary>
    private Guest? AsOfNow => row.Current?.AsOf(Now());

    /// <summary>
    /// Never goes back, whatever the node's clock does: a caller that has been told that a guest's time is up is not told later
    /// that it stays.
    /// </summary>
    private DateTimeOffset Now() => latest = clock.Now() is var now && now > latest ? now : latest;

    /// <summary>
    /// Writes a decision about a staying guest, which is valid only if it is known to be written before the guest's time is up.
    /// </summary>
    /// <returns>False when it is not valid: the guest has expired, and is driven to that end.</returns>
    private async Task<bool> WriteInTime(Guest decided)
    {
        var before = row.Current!;
        try
        {
            if (await row.WriteBefore(before.ExpiresAt, decided, () => before.ExpireInsteadOf(decided), Now))
                return true;
        }
        finally
        {
            // An expiry that could not be written over a late decision is retried; meanwhile callers are told of it.
            if (row is { IsKnown: true, IsHeld: true })
                FlushSoon();
        }

        LogTooLate(before.Id);
        if (!IsOverdue)
            LogEnded(row.Current!);
        await Drive();
        return false;
    }

    private Task Flush() => row.IsHeld ? row.Write(row.Current!) : Task.CompletedTask;

    private void LogEnded(Guest ended)
    {
        switch (ended.Status)
        {
            case GuestStatus.Revoked: LogKilled(ended.Id); break;
            case GuestStatus.Expired: LogExpired(ended.Id); break;
            default: LogStopped(ended.Id, ended.EndReason?.Word()); break;
        }

        if (ended.EndReason is { } reason)
            counts.GuestEnded(reason);
    }

    [LoggerMessage(11, LogLevel.Information, "couch.guest.activated {GuestId}", EventName = "couch.guest.activated")]
    private partial void LogActivated(GuestId guestId);

    [LoggerMessage(12, LogLevel.Information, "couch.guest.killed {GuestId}", EventName = "couch.guest.killed")]
    private partial void LogKilled(GuestId guestId);

    [LoggerMessage(13, LogLevel.Information, "couch.guest.expired {GuestId}", EventName = "couch.guest.expired")]
    private partial void LogExpired(GuestId guestId);

    [LoggerMessage(14, LogLevel.Information, "couch.guest.stopped {GuestId}: {EndReason}", EventName = "couch.guest.stopped")]
    private partial void LogStopped(GuestId guestId, string? endReason);

    [LoggerMessage(
        15, LogLevel.Information, "couch.guest.limits_exceeded {GuestId}: {Violations}", EventName = "couch.guest.limits_exceeded")]
    private partial void LogLimitsExceeded(GuestId guestId, IReadOnlyList<string> violations);

    [LoggerMessage(
        234, LogLevel.Warning, "What was decided of guest {GuestId} was written too late, so it is refused: its time was up meanwhile")]
    private partial void LogTooLate(GuestId guestId);

    [LoggerMessage(
        200, LogLevel.Warning, "couch.usage.dropped {GuestId}: no counter can have what was reported of {Counters}. It is passed over; "
            + "from now on that is only counted", EventName = "couch.usage.dropped")]
    private partial void LogDropped(GuestId guestId, IReadOnlyList<string> counters);

    [LoggerMessage(16, LogLevel.Debug, "A guest leaves memory with usage that is not written: {Reason}")]
    private partial void LogUsageNotWritten(string reason);
}
