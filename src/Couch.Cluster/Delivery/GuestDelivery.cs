using System.Collections.Concurrent;
using System.Security.Cryptography;
using Couch.Cluster.Guests;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Delivery;

/// <summary>
/// Delivers messages to guests for which no caller waits; the only place that retries a message until it has arrived. A message may
/// arrive twice, and then counts once. Messages that are lost with the process are sent again by their source: the guest's tick,
/// the sweep, or the next report of usage.
/// </summary>
internal sealed partial class GuestDelivery : IDisposable
{
    /// <summary>As many as go to the database together; each more would wait there, and callers' writes behind it.</summary>
    private const int EndsAtOnce = 64;

    private const int UsageAtOnce = 8;

    /// <summary>With their pauses, less than a minute; then the guest's next tick sends it again.</summary>
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

    // Of guests whose end is being recorded: their ticks ask for it each minute, however slow their rows are.
    private readonly ConcurrentDictionary<GuestId, bool> ending = new();

    public GuestDelivery(IGrainFactory grains, TimeProvider clock, RandomNumberGenerator random, ILogger<GuestDelivery> log)
    {
        (this.grains, this.clock, this.log, over) = (grains, clock, log, shutdown.Token);
        // The random share keeps retries out of step with the cause of the failure: otherwise a database that is away at each tick
        // would make a guest wait for minutes.
        ends = new(EndsAtOnce) { MostTries = EndsTries, Pause = _ => EndsPause * (1 + random.NextFraction()) };
        usage = new(UsageAtOnce) { Pause = _ => UsagePause, KeepsPlace = true };
        vms = new(atOnce: null) { Pause = failures => VmRetries.After(failures, jitter: 0.5) };
    }

    /// <summary>
    /// Makes a guest record its expiry, with a bounded number of guests at a time. Ten thousand guests may expire at one moment.
    /// All callers see the expiry at once, because each call reads the clock, but recording it takes writes, and a guest whose turn
    /// has not come must keep answering.
    /// </summary>
    public void SettleEnd(GuestId guest)
    {
        if (ending.TryAdd(guest, true))
            Send(guest, "its end", ends, grain => grain.Settle())
                .ContinueWith(_ => ending.TryRemove(guest, out bool _), TaskScheduler.Default);
    }

    /// <summary>
    /// Reports counters again that a grain of this node held and dropped unwritten, because the database was unavailable or another
    /// activation wrote the row. Counters are absolute and never decrease, so what the guest has received meanwhile stays valid.
    /// </summary>
    public void ReportUsage(Guest guest)
    {
        var report = guest.ResourceUsage.AsReport();
        Send(guest.Id, "its usage", usage, grain => grain.Report(report));
    }

    /// <summary>
    /// Reports to a guest the result of work at its VM's provider. If the report were lost, the activation would believe that the
    /// work is still in progress.
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

    private Task Send(GuestId guest, string what, Lane lane, Func<IGuestGrain, Task> call) => Task.Run(
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

    /// <returns>Whether it has been delivered, or never can be.</returns>
    private async Task<bool> Try(GuestId guest, string what, int failures, Lane lane, Func<IGuestGrain, Task> call)
    {
        try
        {
            await call(grains.Guest(guest));
            return true;
        }
        catch (UnreadableRowException unreadable) when (lane == usage)
        {
            // The counters cannot be stored until the row has been repaired; the next report includes them.
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
