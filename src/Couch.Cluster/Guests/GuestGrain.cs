using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Couch.Cluster.Guests;

[GrainType(GrainKinds.Guest)]
internal sealed partial class GuestGrain(
    [PersistentState(GrainKinds.Guest)] IPersistentState<Guest> state,
    CouchDatabase database,
    TimeProvider clock,
    ILogger<GuestGrain> log) : Grain, IGuestGrain, IRemindable
{
    /// <summary>How long counters may be in memory alone: what a crash can lose, and the next absolute report heals.</summary>
    private static readonly TimeSpan UsageLag = TimeSpan.FromSeconds(1);

    private GrainRow<Guest> row = null!;
    private IGrainTimer? flush;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        row = new(state, database, DeactivateOnIdle);
        return Task.CompletedTask;
    }

    public async Task<bool> Arrive(Guest arriving)
    {
        if (row.Current is not null)
            return false;

        // Armed before written: a tick without a row unregisters itself, a row without a tick would never end.
        await this.Arm(arriving.ExpiresAt, clock, database);
        await row.Write(arriving);
        return true;
    }

    public Task<Guest?> Get() => Task.FromResult(row.Current?.AsOf(clock.Now()));

    public async Task<ActivateOutcome> Activate(string vmId, string agentEndpoint)
    {
        if (row.Current is not { } guest)
            return new ActivateOutcome.Unknown();

        var outcome = guest.Activate(vmId, agentEndpoint, clock.Now());
        if (outcome is ActivateOutcome.Activated activated)
        {
            await row.Write(activated.Guest);
            LogActivated(guest.Id);
        }

        return outcome;
    }

    public Task<EndOutcome> Kill() => End((guest, now) => guest.Kill(now));

    public Task<EndOutcome> CheckOut() => End((guest, now) => guest.CheckOut(now));

    public async Task<ExtendOutcome> Extend(double hours)
    {
        if (row.Current is not { } guest)
            return new ExtendOutcome.Unknown();

        var outcome = guest.Extend(hours, clock.Now());
        if (outcome is ExtendOutcome.Extended extended)
        {
            // Written before armed: until then the old reminder ticks early, and an early tick arms the later one.
            await row.Write(extended.Guest);
            await this.Arm(extended.Guest.ExpiresAt, clock, database);
        }

        return outcome;
    }

    public async Task<UsageOutcome> Report(UsageReport report)
    {
        if (row.Current is not { } guest)
            return new UsageOutcome.Unknown();

        var recorded = guest.Report(report, clock.Now());
        if (recorded.Guest.Status == guest.Status && !recorded.NewlyExceeded)
        {
            if (recorded.Guest != guest)
                Hold(recorded.Guest);
            return recorded;
        }

        await row.Write(recorded.Guest);
        if (recorded.NewlyExceeded)
            LogLimitsExceeded(guest.Id, recorded.Guest.Violations);
        if (recorded.Guest.Status != guest.Status)
            LogEnded(recorded.Guest);
        return recorded;
    }

    public async Task Settle()
    {
        if (row.Current is not { } guest)
            return;

        var settled = guest.AsOf(clock.Now());
        if (settled.Status != guest.Status)
        {
            await row.Write(settled);
            LogEnded(settled);
        }
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        await Settle();
        if (row.Current is { IsStaying: true } staying)
            await this.Arm(staying.ExpiresAt, clock, database);
        else
            await this.Disarm();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        try
        {
            await Flush();
        }
        catch (Exception failure)
        {
            // Counters only, and absolute: the next report heals what is lost here.
            LogUsageLost(row.Current!.Id, failure.Message);
        }
    }

    private async Task<EndOutcome> End(Func<Guest, DateTimeOffset, EndOutcome> decide)
    {
        if (row.Current is not { } guest)
            return new EndOutcome.Unknown();

        var outcome = decide(guest, clock.Now());
        if (outcome is EndOutcome.Ended ended)
        {
            await row.Write(ended.Guest);
            LogEnded(ended.Guest);
        }

        return outcome;
    }

    private void Hold(Guest guest)
    {
        row.Hold(guest);
        flush ??= this.RegisterGrainTimer(FlushOnTime, new GrainTimerCreationOptions(UsageLag, UsageLag) { KeepAlive = true });
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

    private Task Flush() => row.IsHeld ? row.Write(row.Current!) : Task.CompletedTask;

    private void LogEnded(Guest ended)
    {
        switch (ended.Status)
        {
            case GuestStatus.Revoked: LogKilled(ended.Id); break;
            case GuestStatus.Expired: LogExpired(ended.Id); break;
            default: LogStopped(ended.Id, ended.EndReason?.Word()); break;
        }
    }

    [LoggerMessage(11, LogLevel.Information, "couch.guest.activated {GuestId}", EventName = "couch.guest.activated")]
    private partial void LogActivated(GuestId guestId);

    [LoggerMessage(12, LogLevel.Information, "couch.guest.killed {GuestId}", EventName = "couch.guest.killed")]
    private partial void LogKilled(GuestId guestId);

    [LoggerMessage(13, LogLevel.Information, "couch.guest.expired {GuestId}", EventName = "couch.guest.expired")]
    private partial void LogExpired(GuestId guestId);

    [LoggerMessage(14, LogLevel.Information, "couch.guest.stopped {GuestId}: {EndReason}", EventName = "couch.guest.stopped")]
    private partial void LogStopped(GuestId guestId, string? endReason);

    [LoggerMessage(15, LogLevel.Information, "couch.guest.limits_exceeded {GuestId}: {Violations}", EventName = "couch.guest.limits_exceeded")]
    private partial void LogLimitsExceeded(GuestId guestId, IReadOnlyList<string> violations);

    [LoggerMessage(16, LogLevel.Warning, "Last usage of guest {GuestId} was not written: {Reason}")]
    private partial void LogUsageLost(GuestId guestId, string reason);
}
