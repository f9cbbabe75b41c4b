using System.Collections.Concurrent;
using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;

namespace Couch.Bench.Claims.Vms;

/// <summary>
/// From a host's kill until the provider has the call that destroys, with the provider well and with its creates hanging. Kills that
/// come as soon as earlier ones are answered keep every core busy, and wait for each other; kills at a pace tell what one takes.
/// </summary>
internal static class Kills
{
    private const int AtOnce = 8;
    private const int Warming = 100;
    private const int MostPaced = 500;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(15);

    public static async Task Run(Report report, CouchWithVms couch, IReadOnlyList<Arrived> running)
    {
        // Uncounted: a kill's code is compiled as the first are made.
        await Kill(couch, running.Take(Warming));
        var paced = Math.Min(MostPaced, running.Count / 3);
        Tell($"one every {Pace.TotalMilliseconds:0} ms", await Kill(couch, running.Skip(Warming).Take(paced), Pace));
        var half = (running.Count - Warming - paced) / 2;
        Tell($"{AtOnce} under way all the time", await Kill(couch, running.Skip(Warming + paced).Take(half)));

        couch.Vers.Faults.Always(Call.Create, new Effect.Hang());
        for (var index = 0; index < CouchWithVms.CallsAtOnce * 2; index++)
            await couch.Redeem(await couch.Invite());
        Tell($"{AtOnce} under way, its creates hanging", await Kill(couch, running.Skip(Warming + paced + half)));

        void Tell(string how, Times times) =>
            report.Within($"kill → destroy received, {how}", times.ToString(), "p99 ≤ 15 ms", times.P99 <= Bound);
    }

    /// <param name="pace">When the next one is sent, whatever becomes of those before; null: as soon as one of them is answered.</param>
    private static async Task<Times> Kill(CouchWithVms couch, IEnumerable<Arrived> guests, TimeSpan? pace = null)
    {
        var sent = new ConcurrentDictionary<string, DateTimeOffset>();
        async Task Kill(Arrived guest)
        {
            sent[guest.Id] = CouchWithVms.Now;
            await couch.Kill(guest.Id);
        }

        if (pace is { } each)
        {
            using var timer = new PeriodicTimer(each);
            var kills = new List<Task>();
            foreach (var guest in guests)
            {
                await timer.WaitForNextTickAsync();
                kills.Add(Kill(guest));
            }

            await Task.WhenAll(kills);
        }
        else
        {
            await Parallel.ForEachAsync(
                guests, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (guest, _) => await Kill(guest));
        }

        await Until.True(
            () => couch.Vers.Vms.Left.All(vm => vm.Guest is null || !sent.ContainsKey(vm.Guest)), "the killed guests' VMs are gone");
        var calls = couch.CallsByGuest();
        return new(sent.Select(one => calls[one.Key].First(call => call.Call is Call.Destroy).At - one.Value));
    }
}
