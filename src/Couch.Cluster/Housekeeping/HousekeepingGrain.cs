using Couch.Cluster.Events;
using Couch.Cluster.Guests;
using Couch.Cluster.Invites;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Couch.Cluster.Housekeeping;

[GrainType(GrainKinds.Housekeeping)]
internal sealed partial class HousekeepingGrain(
    IGrainStorage storage,
    CouchDatabase database,
    EventRecords records,
    EventLog events,
    HousekeepingRows rows,
    InviteIdempotency inviteIdempotency,
    Purge purge,
    UnreadableRows unreadableRows,
    IServiceProvider services,
    CouchMeter meter,
    TimeProvider clock,
    ILogger<HousekeepingGrain> log) : Grain, IHousekeepingGrain, IRemindable
{
    /// <summary>How late a row may be before its tick counts as missed: twice the worst case of a tick.</summary>
    private static readonly TimeSpan Patience = 2 * GrainWake.Period;

    /// <summary>How long after its moment a redemption may still reach the table: a write's longest wait and the clocks' skew.</summary>
    private static readonly TimeSpan Stragglers = TimeSpan.FromMinutes(2);

    /// <summary>How far the watermark may fall behind before it is worth a write.</summary>
    private static readonly TimeSpan WatermarkStep = TimeSpan.FromMinutes(10);

    /// <summary>Counting reads all guests off an index: with more than about a million it comes less often than once a minute.</summary>
    private readonly Pace counting = new(GrainWake.Period, share: 100);

    /// <summary>How many spent invites one statement examines: well within a statement's timeout.</summary>
    private const int Stretch = 50_000;

    private const int BatchSize = 500;
    private const int PokesAtOnce = 32;

    private readonly VmSweep? vms = services.GetService<VmSweep>();
    private GrainRow<HousekeepingState> row = null!;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // The first tick; from then on the grain ticks every minute, because its row never names another moment.
        row = new(
            GrainContext, GrainKinds.Housekeeping, storage, database, DeactivateOnIdle,
            new() { NextMoment = _ => row.WakeAt ?? clock.Now() + GrainWake.Period }, records);
        try
        {
            await row.Read();
        }
        catch (UnreadableRowException unreadable)
        {
            // The watermark only saves time: without it, the whole history is searched once.
            LogForgotten(unreadable.Message);
            row.Disregard();
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Another node counts from now on: if two nodes did, their values would be added up.
        meter.CountGuests(null);
        meter.CountUnclaimed(null);
        meter.CountUnreadable(null);
        return Task.CompletedTask;
    }

    public async Task<Findings> Start()
    {
        if (row.WakeAt is null)
            await row.Write(row.Current ?? new());
        vms?.Begin(isAtStart: true);
        return await Pass(TimeSpan.Zero);
    }

    public async Task<Findings> Sweep()
    {
        vms?.Begin();
        var found = await Pass(Patience);
        if (found is not { Overdue: 0, Arrived: 0 })
            LogFound(found.Overdue, found.Arrived);
        if (found.NotDue > 0)
            LogClocksApart(found.NotDue, Patience.TotalMinutes);
        meter.Found(Finding.OverdueRow, found.Overdue);
        meter.Found(Finding.ClocksApart, found.NotDue);
        meter.Found(Finding.MissingGuest, found.Arrived);
        await purge.Pass();
        await events.Keep();
        return found;
    }

    public Task<VmFindings> SweepVms() => vms?.Sweep() ?? Task.FromResult(new VmFindings());

    public Task<ProviderSeen> LookAtProvider()
    {
        var trouble = vms?.Trouble;
        return Task.FromResult(
            new ProviderSeen(vms?.ProviderName, vms?.Unclaimed, trouble?.Fault.Word(), trouble?.Says, trouble?.At));
    }

    /// <summary>A reminder that an older version armed stays: its silos tick it, and read no rows.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => Sweep();

    private async Task<Findings> Pass(TimeSpan patience)
    {
        using var span = CouchTraces.Source.StartActivity("housekeeping");
        var began = clock.GetTimestamp();
        var now = clock.Now();
        var arrived = await BringMissingGuests(now);
        var invites = await SettleOverdue(GrainKinds.Invite, now - patience, id => GrainFactory.GetGrain<IInviteGrain>(id).Settle());
        var guests = await SettleOverdue(GrainKinds.Guest, now - patience, id => GrainFactory.GetGrain<IGuestGrain>(id).Settle());
        await inviteIdempotency.Purge(now, CancellationToken.None);
        await CountGuests(now);
        await unreadableRows.Pass();
        meter.Swept(clock.GetElapsedTime(began));
        return new(invites.Settled + guests.Settled, arrived, invites.NotDue + guests.NotDue);
    }

    private async Task CountGuests(DateTimeOffset now)
    {
        if (!counting.IsDue(now))
            return;
        var began = clock.GetTimestamp();
        meter.CountGuests(await rows.GuestsByStatus(CancellationToken.None));
        counting.Took(clock.GetElapsedTime(began), now);
    }

    /// <summary>
    /// Calls the owner of each row that is overdue by this node's clock, once a pass. An owner uses its own node's clock and may
    /// find that nothing is due; a row counts as settled when the table no longer lists it.
    /// </summary>
    private async Task<(int Settled, int NotDue)> SettleOverdue(string kind, DateTimeOffset dueBefore, Func<string, Task> settle)
    {
        var (settled, notDue) = (0, 0);
        OverdueRow? last = null;
        while (true)
        {
            // A row that cannot be settled is left for the next pass. It neither blocks the rows behind it nor keeps this pass
            // running for ever.
            var found = await rows.Overdue(kind, dueBefore, BatchSize, CancellationToken.None, last);
            if (found.Count == 0)
                return (settled, notDue);

            var poked = await Poke(found, row => settle(row.Id));
            var left = (await rows.Overdue(kind, dueBefore, found.Count, CancellationToken.None, last)).Intersect(found).Count();
            settled += found.Count - left;
            notDue += Math.Max(left - poked.Failed - poked.Unreadable, 0);
            if (found.Count < BatchSize || poked.Failed == found.Count)
                return (settled, notDue);
            last = found[^1];
        }
    }

    private async Task<int> BringMissingGuests(DateTimeOffset now)
    {
        var brought = 0;
        var failed = 0;
        var after = row.Current?.ArrivedBelow;
        var arrivedBelow = GuestId.LowestAt(now - Stragglers);
        // Without a watermark the range is the whole history. It is searched in stretches, and each is recorded once it is done, so
        // that the search ends however long the history is and however often it is interrupted.
        while (await rows.EndOfStretch(after, Stretch, CancellationToken.None) is { } end && end.CreatedAt < arrivedBelow.CreatedAt)
        {
            await Bring(end);
            after = end;
            if (failed == 0)
                await row.Write(new() { ArrivedBelow = end });
        }

        await Bring(null);
        var isWorthWriting = row.Current?.ArrivedBelow is not { } last || arrivedBelow.CreatedAt - last.CreatedAt > WatermarkStep;
        if (failed == 0 && isWorthWriting)
            await row.Write(new() { ArrivedBelow = arrivedBelow });
        return brought;

        async Task Bring(GuestId? upTo)
        {
            while (true)
            {
                var missing = await rows.RedeemedWithoutGuest(after, BatchSize, CancellationToken.None, upTo);
                // An invite that cannot be read does not hold back the watermark: once it can be read, a repeated redeem brings its
                // guest.
                var poked = await Poke(missing, async found =>
                {
                    if (await GrainFactory.Invite(found.InviteId).EnsureGuestArrived())
                        Interlocked.Increment(ref brought);
                });
                failed += poked.Failed;
                if (missing.Count < BatchSize)
                    return;
                after = missing[^1].GuestId;
            }
        }
    }

    /// <summary>Calls the owners, a few at a time. A failure is logged and counted, and does not delay the others.</summary>
    private async Task<Poked> Poke<T>(IReadOnlyList<T> found, Func<T, Task> poke)
    {
        var failed = 0;
        var unreadable = 0;
        foreach (var few in found.Chunk(PokesAtOnce))
        {
            await Task.WhenAll(few.Select(async one =>
            {
                try
                {
                    await poke(one);
                }
                catch (UnreadableRowException)
                {
                    // Logged once a pass for all of them, see UnreadableRows.
                    unreadable++;
                }
                catch (Exception failure)
                {
                    failed++;
                    LogPokeFailed(one, failure.Message);
                }
            }));
        }

        return new(failed, unreadable);
    }

    /// <summary>How many calls did not succeed.</summary>
    private readonly record struct Poked(int Failed, int Unreadable);

    [LoggerMessage(
        31, LogLevel.Warning, "Housekeeping settled {Overdue} overdue rows and brought {Arrived} missing guests; both should be none")]
    private partial void LogFound(int overdue, int arrived);

    [LoggerMessage(270, LogLevel.Error,
        "{Rows} rows are over by this node's clock for more than {Minutes} minutes, and not by the clocks of the nodes that own them: the "
            + "nodes' clocks are apart")]
    private partial void LogClocksApart(int rows, double minutes);

    [LoggerMessage(212, LogLevel.Error, "Housekeeping searches all history, because it cannot read what it had found before: {Reason}")]
    private partial void LogForgotten(string reason);

    [LoggerMessage(32, LogLevel.Warning, "Housekeeping could not settle {Row}: {Reason}")]
    private partial void LogPokeFailed(object? row, string reason);
}
