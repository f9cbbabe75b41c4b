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

namespace Couch.Bench.Claims.Vms;

/// <summary>Very many running guests, each with its VM, whose time is up at one moment. None of them is in the couch's memory.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    private const string Installation = "bench";
    private readonly IReadOnlyList<Guest> guests;

    private Crowd(CouchWithVms couch, IReadOnlyList<Guest> guests, DateTimeOffset end) => (Couch, this.guests, End) = (couch, guests, end);

    public CouchWithVms Couch { get; }

    /// <summary>When their time is up.</summary>
    public DateTimeOffset End { get; }

    public static async Task<Crowd> Start(int count, TimeSpan untilEnd, StorageEngine engine, Couches couches)
    {
        var end = DateTimeOffset.MinValue;
        var population = Population.Of(count);
        var couch = await CouchWithVms.Start(engine, couches, TimeSpan.Zero, async (store, vers) =>
        {
            var vms = await Make(vers, population.Guests);
            end = TimeProvider.System.Now() + untilEnd;
            population = population with
            {
                Guests = [.. population.Guests.Zip(vms, (guest, vm) => Population.Running(guest, vm, vers.Url.ToString(), end))],
            };
            await store.Fill(population);
            await store.Name(Installation);
        });
        return new(couch, population.Guests, end);
    }

    /// <summary>How many of those asked are told that their stay has ended, and how soon.</summary>
    public async Task<(int Ended, Times Took)> Poll(SigningKeys keys)
    {
        var ended = 0;
        var took = new ConcurrentBag<TimeSpan>();
        await Parallel.ForEachAsync(guests.Take(Plan.Asked), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (guest, cancel) =>
        {
            var asked = TimeProvider.System.GetTimestamp();
            using var answer = await Couch.Http.GetAsync(StatusPolls.Path(guest, keys), cancel);
            took.Add(TimeProvider.System.GetElapsedTime(asked));
            if (answer.StatusCode is HttpStatusCode.NotFound)
                Interlocked.Increment(ref ended);
        });
        return (ended, new(took));
    }

    public ValueTask DisposeAsync() => Couch.DisposeAsync();

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
}
