using System.Collections.Concurrent;
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
            population = population with
            {
                Guests =
                [
                    .. population.Guests.Zip(vms, (guest, vm) => Population.Running(guest, vm, vers.Url.ToString(), redeemedAt + stay)),
                ],
            };
            await store.Fill(population);
            await store.Name(Installation);
        });
        var end = redeemedAt + stay;
        var began = couch.Vers.Journal.Count(Call.Destroy);
        await Until.True(() => CouchWithVms.Now >= end, "their time is up", UntilThen * 2);

        var (ended, polls) = await Poll(couch, population.Guests, couches.Keys);
        await Until.True(() => couch.Vers.Vms.CountLeft() is 0, "all their VMs are gone", Bound * 5);
        var receipt = DateTimeOffset.MinValue;
        await Until.True(async () => (receipt = await LastReceipt(couch, plan.Expiring)) > end, "all receipts are written", Bound * 2);

        var calls = couch.Vers.Journal.Entries;
        var destroys = calls.Where(call => call.Call is Call.Destroy).ToList();
        var last = destroys.Max(call => call.Outcome!.At) - end;
        var (most, lists) = (MostAtOnce(calls), calls.Count(call => call.Call is Call.List));
        report.Within(
            $"{Report.Number(plan.Expiring)} guests whose time is up at one moment: statuses",
            $"{Report.Number(ended)} of {Report.Number(Plan.Asked)} asked then were told so ({polls})", "all", ended == Plan.Asked);
        report.Within(
            $"{Report.Number(plan.Expiring)} guests whose time is up at one moment: VMs",
            $"the first was gone after {(destroys.Min(call => call.Outcome!.At) - end).TotalSeconds:0.0} s, the last after "
                + $"{last.TotalSeconds:0.0} s, the last receipt after "
            + $"{(receipt - end).TotalSeconds:0.0} s; {most} calls at once, {lists} lists",
            $"≤ 60 s, ≤ {CouchWithVms.CallsAtOnce} destroys at once", last <= Bound && MostAtOnce(destroys) <= CouchWithVms.CallsAtOnce
                && began == 0);
    }

    /// <summary>When the last of the guests got its receipt, as its host reads it; none before all have.</summary>
    private static async Task<DateTimeOffset> LastReceipt(CouchWithVms couch, int guests)
    {
        var receipts = new List<DateTimeOffset>();
        for (string? cursor = null; ;)
        {
            var page = await couch.Http.GetFromJsonAsync<JsonElement>(
                $"/couch/guests?limit=1000{(cursor is null ? "" : $"&cursor={cursor}")}");
            receipts.AddRange(page.GetProperty("guests").EnumerateArray()
                .Select(guest => guest.GetProperty("vm").GetProperty("destroyedAt"))
                .Where(at => at.ValueKind is not JsonValueKind.Null).Select(at => at.GetDateTimeOffset()));
            cursor = page.GetProperty("nextCursor").GetString();
            if (cursor is null)
                return receipts.Count == guests ? receipts.Max() : DateTimeOffset.MinValue;
        }
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

    /// <summary>How many of those asked are told that their stay has ended, and how soon.</summary>
    private static async Task<(int Ended, Times Took)> Poll(CouchWithVms couch, IReadOnlyList<Guest> guests, SigningKeys keys)
    {
        var ended = 0;
        var took = new ConcurrentBag<TimeSpan>();
        await Parallel.ForEachAsync(guests.Take(Plan.Asked), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (guest, cancel) =>
        {
            var asked = TimeProvider.System.GetTimestamp();
            using var answer = await couch.Http.GetAsync(StatusPolls.Path(guest, keys), cancel);
            took.Add(TimeProvider.System.GetElapsedTime(asked));
            if (answer.StatusCode is HttpStatusCode.NotFound)
                Interlocked.Increment(ref ended);
        });
        return (ended, new(took));
    }

    private static int MostAtOnce(IEnumerable<JournalEntry> calls)
    {
        var (now, most) = (0, 0);
        foreach (var (_, change) in calls.SelectMany(call => new[] { (call.At, 1), (call.Outcome!.At, -1) }).OrderBy(step => step).ToList())
            most = Math.Max(most, now += change);
        return most;
    }
}
