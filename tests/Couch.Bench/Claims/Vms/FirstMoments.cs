using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.VersSimulator.Calls;

namespace Couch.Bench.Claims.Vms;

/// <summary>
/// From a redeem until the guest sees itself running, less what is the provider's: its calls, the boot, and the wait for
/// the next look. What is left is the couch: rows, messages, and the way back to a guest that holds the line.
/// </summary>
internal static class FirstMoments
{
    public const int AtOnce = 50;

    public static async Task<IReadOnlyList<Arrived>> Run(Plan plan, Report report, CouchWithVms couch)
    {
        await Arrive(couch, plan.Guests / 2);
        var arrived = await Arrive(couch, plan.Guests);
        var calls = couch.CallsByGuest();
        var times = new Times(arrived.Select(one => Own(one.Sent, one.Running, calls[one.Guest.Id])));
        report.Within(
            $"redeem → running, less the provider's part, {AtOnce} at once", times.ToString(), "p50 ≤ 20 ms, p99 ≤ 150 ms",
            times.P50 <= TimeSpan.FromMilliseconds(20) && times.P99 <= TimeSpan.FromMilliseconds(150));
        return [.. arrived.Select(one => one.Guest)];
    }

    private static async Task<IReadOnlyList<Arrival>> Arrive(CouchWithVms couch, int guests)
    {
        var codes = new Queue<string>();
        for (var index = 0; index < guests; index++)
            codes.Enqueue(await couch.Invite());
        var arrivals = new List<Arrival>();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            while (Next() is { } code)
            {
                var sent = CouchWithVms.Now;
                var guest = await couch.Redeem(code);
                await couch.UntilRunning(guest);
                var running = CouchWithVms.Now;
                lock (arrivals)
                    arrivals.Add(new(guest, sent, running));
            }
        }));
        return arrivals;

        string? Next()
        {
            lock (codes)
                return codes.TryDequeue(out var code) ? code : null;
        }
    }

    private static TimeSpan Own(DateTimeOffset sent, DateTimeOffset running, IEnumerable<JournalEntry> calls)
    {
        var own = TimeSpan.Zero;
        var free = sent;
        Call? before = null;
        foreach (var call in calls.OrderBy(call => call.At))
        {
            // Between two looks the guest waits for its VM's boot, and for the next look.
            if (!(before is Call.Status && call.Call is Call.Status))
                own += call.At - free;
            (free, before) = (call.Outcome!.At, call.Call);
        }

        return own + (running - free);
    }

    private sealed record Arrival(Arrived Guest, DateTimeOffset Sent, DateTimeOffset Running);
}
