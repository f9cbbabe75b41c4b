using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;

namespace Couch.Bench.Claims.Vms;

/// <summary>
/// From a host's kill until the provider has the call that destroys, with the provider well and with its creates hanging.
/// </summary>
internal static class Kills
{
    private const int AtOnce = 8;
    private const int Warming = 100;
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(15);

    public static async Task Run(Report report, CouchWithVms couch, IReadOnlyList<Arrived> running)
    {
        // Uncounted: a kill's code is compiled as the first are made.
        await Kill(couch, running.Take(Warming));
        var half = (running.Count - Warming) / 2;
        Tell("the provider well", await Kill(couch, running.Skip(Warming).Take(half)));

        couch.Vers.Faults.Always(Call.Create, new Effect.Hang());
        for (var index = 0; index < CouchWithVms.CallsAtOnce * 2; index++)
            await couch.Redeem(await couch.Invite());
        Tell("its creates hanging", await Kill(couch, running.Skip(Warming + half)));

        void Tell(string how, Times times) =>
            report.Within($"kill → destroy received, {how}", times.ToString(), "p99 ≤ 15 ms", times.P99 <= Bound);
    }

    private static async Task<Times> Kill(CouchWithVms couch, IEnumerable<Arrived> guests)
    {
        var sent = new Dictionary<string, DateTimeOffset>();
        await Parallel.ForEachAsync(guests, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (guest, _) =>
        {
            lock (sent)
                sent[guest.Id] = CouchWithVms.Now;
            await couch.Kill(guest.Id);
        });
        await Until.True(
            () => couch.Vers.Vms.Left.All(vm => vm.Guest is null || !sent.ContainsKey(vm.Guest)), "the killed guests' VMs are gone");
        var calls = couch.CallsByGuest();
        return new(sent.Select(one => calls[one.Key].First(call => call.Call is Call.Destroy).At - one.Value));
    }
}
