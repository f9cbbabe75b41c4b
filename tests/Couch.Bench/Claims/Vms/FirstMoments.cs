using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Client;
using Couch.VersSimulator.Calls;

namespace Couch.Bench.Claims.Vms;

/// <summary>
/// From a redeem until the guest sees itself running, less what is the provider's: its calls, the VM's boot, and the wait for
/// the next look. What is left is the couch: rows, messages, and the way back to a guest that holds the line.
/// </summary>
internal static class FirstMoments
{
    public const int AtOnce = 50;

    /// <summary>How long the provider's VMs boot.</summary>
    public static readonly TimeSpan Boot = TimeSpan.FromSeconds(2);

    /// <summary>The longest that a VM may be left between two looks; whatever is longer is the couch's own.</summary>
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private const string Target = "p50 ≤ 20 ms, p99 ≤ 150 ms";

    public static async Task<IReadOnlyList<Arrived>> Run(Plan plan, Report report, CouchWithVms couch)
    {
        await Apart(couch, plan.Guests / 2);
        var apart = await Apart(couch, plan.Guests);
        var together = await Together(couch, plan.Guests / AtOnce);
        var (calls, boots) = (couch.CallsByGuest(), couch.BootsByGuest(Boot));
        Tell($"redeem → running, less the provider's part, {AtOnce} under way", apart);
        Tell($"redeem → running, less the provider's part, {AtOnce} at one moment", together);
        return [.. apart.Concat(together).Select(one => one.Guest)];

        void Tell(string what, IEnumerable<Arrival> arrivals)
        {
            var times = new Times(arrivals.Select(one => one.Lasted - Covered(one, [.. Calls(calls[one.Guest.Id]), boots[one.Guest.Id]])));
            report.Within(
                what, times.ToString(), Target, times.P50 <= TimeSpan.FromMilliseconds(20) && times.P99 <= TimeSpan.FromMilliseconds(150));
        }
    }

    /// <summary>So many at any time, each beginning at a time of its own; one that runs makes room for the next.</summary>
    private static async Task<IReadOnlyList<Arrival>> Apart(CouchWithVms couch, int guests)
    {
        var codes = new Queue<Secret>(await couch.Invites(guests));
        var arrivals = new List<Arrival>();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async lane =>
        {
            await Task.Delay(Boot / AtOnce * lane, TimeProvider.System);
            while (Next() is { } code)
            {
                var arrival = await Arrive(couch, code);
                lock (arrivals)
                    arrivals.Add(arrival);
            }
        }));
        return arrivals;

        Secret? Next()
        {
            lock (codes)
                return codes.TryDequeue(out var code) ? code : (Secret?)null;
        }
    }

    /// <summary>Crowds of so many, all redeeming at one moment; the next crowd comes when the last one runs.</summary>
    private static async Task<IReadOnlyList<Arrival>> Together(CouchWithVms couch, int crowds)
    {
        var arrivals = new List<Arrival>();
        for (var crowd = 0; crowd < crowds; crowd++)
        {
            var codes = await couch.Invites(AtOnce);
            arrivals.AddRange(await Task.WhenAll(codes.Select(code => Arrive(couch, code))));
        }

        return arrivals;
    }

    private static async Task<Arrival> Arrive(CouchWithVms couch, Secret code)
    {
        var sent = CouchWithVms.Now;
        var guest = await couch.Redeem(code);
        await couch.UntilRunning(guest);
        return new(guest, new(sent, CouchWithVms.Now));
    }

    /// <summary>When the provider had a call, or a look was not due yet.</summary>
    private static IEnumerable<Span> Calls(IEnumerable<JournalEntry> calls)
    {
        JournalEntry? before = null;
        foreach (var call in calls.OrderBy(call => call.At))
        {
            if (before?.Call is Call.Status && call.Call is Call.Status)
                yield return new(before.Outcome!.At, Earlier(call.At, before.Outcome.At + BetweenLooks));
            yield return new(call.At, call.Outcome!.At);
            before = call;
        }
    }

    /// <summary>How much of the arrival any of the spans covers.</summary>
    private static TimeSpan Covered(Arrival arrival, IEnumerable<Span> spans)
    {
        var covered = TimeSpan.Zero;
        var until = arrival.Whole.From;
        foreach (var span in spans.OrderBy(span => span.From))
        {
            var (from, to) = (Later(span.From, until), Earlier(span.To, arrival.Whole.To));
            if (to <= from)
                continue;
            covered += to - from;
            until = to;
        }

        return covered;
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private sealed record Arrival(Arrived Guest, Span Whole)
    {
        public TimeSpan Lasted => Whole.To - Whole.From;
    }
}
