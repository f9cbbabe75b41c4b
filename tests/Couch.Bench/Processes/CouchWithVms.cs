using System.Text.Json;
using Couch.Bench.Rows;
using Couch.Bench.Stores;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;

namespace Couch.Bench.Processes;

/// <summary>
/// A couch whose guests get VMs from a simulated provider. The provider is in this process, so that its journal and the
/// benchmark read one clock.
/// </summary>
internal sealed class CouchWithVms : IAsyncDisposable
{
    /// <summary>The most calls of a kind that the couch may have under way.</summary>
    public const int CallsAtOnce = 64;

    private readonly Store store;
    private readonly ServerProcess server;

    private CouchWithVms(Store store, SimulatedVers vers, ServerProcess server)
    {
        (this.store, Vers, this.server) = (store, vers, server);
        Http = new() { BaseAddress = server.Address };
    }

    public SimulatedVers Vers { get; }

    public HttpClient Http { get; }

    /// <param name="fill">Stores guests, and their VMs with the provider; null starts empty.</param>
    public static async Task<CouchWithVms> Start(
        StorageEngine engine, Couches couches, TimeSpan boot, Func<Store, SimulatedVers, Task>? fill = null)
    {
        var vers = await SimulatedVers.Start(new() { BootDelay = boot });
        var store = engine.NewStore();
        if (fill is null)
            await store.Fill(Population.Of(0));
        else
            await fill(store, vers);
        var server = await couches.Start(store, new Dictionary<string, string>
        {
            ["VERS_API_URL"] = vers.Url.ToString(),
            ["VERS_API_KEY"] = vers.Options.Key,
            ["GOLDEN_COMMIT_ID"] = vers.Options.Commit.ToString(),
            ["COUCH_VM_CALLS"] = $"{CallsAtOnce}",
        });
        return new(store, vers, server);
    }

    /// <summary>The moment of the journal and of the couch.</summary>
    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>An invite's code.</summary>
    public async Task<string> Invite() => (await Post("/couch/invites", new { createdBy = "bench" })).GetProperty("code").GetString()!;

    public async Task<IReadOnlyList<string>> Invites(int count)
    {
        var codes = new List<string>();
        for (var made = 0; made < count; made++)
            codes.Add(await Invite());
        return codes;
    }

    public async Task<Arrived> Redeem(string code)
    {
        var redeemed = await Post("/couch/redeem", new { code, name = "bench" });
        return new(redeemed.GetProperty("guestId").GetString()!, redeemed.GetProperty("authToken").GetString()!);
    }

    /// <summary>Holds the line until the guest runs.</summary>
    public async Task UntilRunning(Arrived guest)
    {
        for (var tries = 0; ; tries++)
        {
            var status = await Http.GetFromJsonAsync<JsonElement>($"/couch/status?token={guest.Token}&wait=20");
            if (status.GetProperty("status").GetString() == "running")
                return;
            if (tries > 5)
                throw new FailedStartException($"guest {guest.Id} does not run: {status}{Environment.NewLine}{server.LogTail()}");
        }
    }

    public async Task Kill(string guestId)
    {
        using var answer = await Http.DeleteAsync($"/couch/guests/{guestId}");
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>What the provider was asked about the guest's VM, in order.</summary>
    public ILookup<string?, JournalEntry> CallsByGuest()
    {
        var guests = Vers.Vms.All.ToDictionary(vm => vm.Id, vm => vm.Guest);
        return Vers.Journal.Entries.ToLookup(entry => entry.Outcome?.Vm is { } vm ? guests.GetValueOrDefault(vm) : null);
    }

    /// <summary>When the VM of a guest that has exactly one booted.</summary>
    public IReadOnlyDictionary<string, Span> BootsByGuest(TimeSpan boot) =>
        Vers.Vms.All.Where(vm => vm.Guest is not null).ToDictionary(vm => vm.Guest!, vm => new Span(vm.CreatedAt, vm.CreatedAt + boot));

    public async ValueTask DisposeAsync()
    {
        Vers.Faults.Heal();
        Http.Dispose();
        await server.DisposeAsync();
        await Vers.DisposeAsync();
        await store.DisposeAsync();
    }

    private async Task<JsonElement> Post(string path, object body)
    {
        using var answer = await Http.PostAsJsonAsync(path, body);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}

/// <summary>From one moment to another.</summary>
internal sealed record Span(DateTimeOffset From, DateTimeOffset To);

/// <summary>A guest that has redeemed its code.</summary>
internal sealed record Arrived(string Id, string Token);
