using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Bench.Rows;
using Couch.Bench.Stores;
using Couch.Domain.Capabilities;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;

namespace Couch.Bench.Claims.Vms;

/// <summary>Very many running guests whose time is up at the same moment.</summary>
internal static class MassExpiry
{
    private const string Installation = "bench";
    private static readonly TimeSpan UntilThen = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public static async Task Run(Plan plan, Report report, StorageEngine engine, Couches couches)
    {
        var stay = TimeSpan.FromHours(1);
        var redeemedAt = TimeProvider.System.Now();
        var population = Population.Of(plan.Expiring);
        await using var couch = await CouchWithVms.Start(engine, couches, TimeSpan.Zero, async (store, vers) =>
        {
            var vms = await Make(vers, population.Guests);
            redeemedAt = TimeProvider.System.Now() + UntilThen - stay;
            population = population with { Guests = [.. population.Guests.Zip(vms, (guest, vm) => Running(guest, vm, redeemedAt + stay, vers))] };
            await store.Fill(population);
            await store.Name(Installation);
        });
        var end = redeemedAt + stay;
        var began = couch.Vers.Journal.Count(Call.Destroy);
        await Until.True(() => CouchWithVms.Now >= end, "their time is up", UntilThen * 2);

        var answers = await Poll(couch, population.Guests, couches.Keys);
        await Until.True(() => couch.Vers.Vms.Left.Count is 0, "all their VMs are gone", Bound * 5);
        var destroys = couch.Vers.Journal.Entries.Where(call => call.Call is Call.Destroy).ToList();
        var last = destroys.Max(call => call.Outcome!.At) - end;
        var most = MostAtOnce(destroys);
        report.Within(
            $"{Report.Number(plan.Expiring)} guests whose time is up at one moment: statuses", $"{Report.Number(answers)} of {Report.Number(Plan.Asked)} asked then were told so",
            "all", answers == Plan.Asked);
        report.Within(
            $"{Report.Number(plan.Expiring)} guests whose time is up at one moment: VMs", $"the last was gone after {last.TotalSeconds:0.0} s, {most} destroys at once",
            $"≤ 60 s, ≤ {CouchWithVms.CallsAtOnce} at once", last <= Bound && most <= CouchWithVms.CallsAtOnce && began == 0);
    }

    private static async Task<IReadOnlyList<string>> Make(SimulatedVers vers, IReadOnlyList<Guest> guests)
    {
        using var http = new HttpClient { BaseAddress = new(vers.Url + "/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", vers.Options.Key);
        var ids = new string[guests.Count];
        await Parallel.ForEachAsync(guests.Index(), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (one, cancel) =>
        {
            using var made = await http.PostAsJsonAsync("vm/from_commit", new { commit_id = vers.Options.Commit }, cancel);
            ids[one.Index] = (await made.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("vm_id").GetString()!;
            var labels = new Dictionary<string, string> { ["couch.guest"] = one.Item.Id.Value, ["couch.installation"] = Installation };
            using var labelled = await http.PatchAsJsonAsync($"vm/{ids[one.Index]}/label", new { labels }, cancel);
            labelled.EnsureSuccessStatusCode();
        });
        return ids;
    }

    private static Guest Running(Guest guest, string vmId, DateTimeOffset end, SimulatedVers vers) => guest with
    {
        Status = GuestStatus.Running,
        VmId = vmId,
        AgentEndpoint = vers.Url.ToString(),
        ExpiresAt = end,
        Vm = new() { Host = "vers", State = VmState.Ready, Id = vmId, Attempts = 1, RequestedAt = guest.CreatedAt, ReadyAt = guest.CreatedAt },
    };

    /// <summary>How many of those asked are told that their stay has ended.</summary>
    private static async Task<int> Poll(CouchWithVms couch, IReadOnlyList<Guest> guests, SigningKeys keys)
    {
        var ended = 0;
        await Parallel.ForEachAsync(guests.Take(Plan.Asked), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (guest, cancel) =>
        {
            using var answer = await couch.Http.GetAsync(StatusPolls.Path(guest, keys), cancel);
            if (answer.StatusCode is HttpStatusCode.NotFound)
                Interlocked.Increment(ref ended);
        });
        return ended;
    }

    private static int MostAtOnce(IEnumerable<JournalEntry> calls)
    {
        var (now, most) = (0, 0);
        foreach (var (_, change) in calls.SelectMany(call => new[] { (call.At, 1), (call.Outcome!.At, -1) }).OrderBy(step => step).ToList())
            most = Math.Max(most, now += change);
        return most;
    }
}
