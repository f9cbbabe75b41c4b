using System.Security.Cryptography;
using Couch.Cluster.Guests;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Delivery;

/// <summary>
/// Tells guests what no caller waits for: the one place where a message is sent until it has arrived. Each may arrive twice, and
/// then counts once. What ends with the process is said again by its first sender: the guest's tick, the sweep, the next
/// report of usage.
/// </summary>
internal sealed partial class GuestDelivery : IDisposable
{
    /// <summary>Fewer than the connections to the database, so that other questions meanwhile get one.</summary>
    private const int EndsAtOnce = 16;

    private const int UsageAtOnce = 8;

    /// <summary>With their waits, less than a minute: then the guest's next tick says it again.</summary>
    private const int EndsTries = 5;

    private static readonly TimeSpan EndsPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UsagePause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource shutdown = new();
    private readonly IGrainFactory grains;
    private readonly TimeProvider clock;
    private readonly ILogger<GuestDelivery> log;
    private readonly Lane ends;
    private readonly Lane usage;
    private readonly Lane vms;
    private readonly CancellationToken over;

    public GuestDelivery(IGrainFactory grains, TimeProvider clock, RandomNumberGenerator chance, ILogger<GuestDelivery> log)
    {
        (this.grains, this.clock, this.log, over) = (grains, clock, log, shutdown.Token);
        // Out of step with whatever made it fail: a database that is away whenever the tick comes would make a guest wait for minutes.
        ends = new(EndsAtOnce) { MostTries = EndsTries, Pause = _ => EndsPause * (1 + chance.Share()) };
        usage = new(UsageAtOnce) { Pause = _ => UsagePause, KeepsPlace = true };
        vms = new(atOnce: null) { Pause = failures => VmRetries.After(failures, chance: 0.5) };
    }

    /// <summary>
    /// Has a guest record that its time is up, a few at a time. Ten thousand may fall due in one moment: everybody is told at
    /// once, because each call reads the clock, but to record them takes writes, and a guest whose turn has not come must go on answering.
    /// </summary>
    public void SettleEnd(GuestId guest) => Send(guest, "its end", ends, grain => grain.Settle());

    /// <summary>
    /// Reports counters again that a grain of this node held and had to let go of unwritten: the database was away, or another
    /// activation wrote the row. Counters are absolute and never go down, so whatever the guest has heard meanwhile stands.
    /// </summary>
    public void ReportUsage(Guest guest)
    {
        var report = guest.ResourceUsage.AsReport();
        Send(guest.Id, "its usage", usage, grain => grain.Report(report));
    }

    /// <summary>
    /// Tells a guest what came of work at its VM's provider: in memory it would go on believing that the work is under way.
    /// </summary>
    public void ReportVm(GuestId guest, VmReport report) => Send(guest, "news of its VM", vms, grain => grain.Observe(report));

    public void Dispose()
    {
        shutdown.Cancel();
        shutdown.Dispose();
        ends.Dispose();
        usage.Dispose();
        vms.Dispose();
    }

    private void Send(GuestId guest, string what, Lane lane, Func<IGuestGrain, Task> call) => Task.Run(
        async () =>
        {
            for (var failures = 0; failures < (lane.MostTries ?? int.MaxValue); failures++)
            {
                if (await lane.Run(() => Try(guest, what, failures, lane, call), over))
                    return;
                if (!lane.KeepsPlace)
                    await Task.Delay(lane.Pause(failures + 1), clock, over);
            }
        },
        over);

    /// <returns>Whether it has arrived, or never can.</returns>
    private async Task<bool> Try(GuestId guest, string what, int failures, Lane lane, Func<IGuestGrain, Task> call)
    {
        try
        {
            await call(grains.GetGrain<IGuestGrain>(guest.Value));
            return true;
        }
        catch (UnreadableRowException unreadable) when (lane == usage)
        {
            // There is nowhere to keep them until the row has been repaired; the next report has them.
            LogDropped(guest, unreadable.Message);
            return true;
        }
        catch (Exception failure)
        {
            if (failures is 0 && !over.IsCancellationRequested)
                LogNotDelivered(guest, what, failure.Message);
            if (lane.KeepsPlace)
                await Task.Delay(lane.Pause(failures + 1), clock, over);
            return false;
        }
    }

    [LoggerMessage(211, LogLevel.Warning, "Usage of guest {GuestId} cannot be written and is dropped: {Reason}")]
    private partial void LogDropped(GuestId guestId, string reason);

    [LoggerMessage(41, LogLevel.Warning, "Guest {GuestId} was not told of {What}, and will be told again: {Reason}")]
    private partial void LogNotDelivered(GuestId guestId, string what, string reason);
}
