using Couch.Bench.Rows;
using Couch.Bench.Stores;
using Couch.Client;
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

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private readonly Store store;
    private readonly ServerProcess server;

    private CouchWithVms(Store store, SimulatedVers vers, ServerProcess server)
    {
        (this.store, Vers, this.server) = (store, vers, server);
        Http = new() { BaseAddress = server.Address };
        Client = CouchClients.Of(Http, server.Address);
    }

    public SimulatedVers Vers { get; }

    /// <summary>For what is timed to a millisecond: nothing comes in between.</summary>
    public HttpClient Http { get; }

    public CouchClient Client { get; }

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
    public async Task<Secret> Invite() => (await Client.Invites.Create(new() { CreatedBy = "bench" })).Code;

    public async Task<IReadOnlyList<Secret>> Invites(int count)
    {
        var codes = new List<Secret>();
        for (var made = 0; made < count; made++)
            codes.Add(await Invite());
        return codes;
    }

    public async Task<Arrived> Redeem(Secret code)
    {
        var redeemed = await Client.Redeem(code, "bench");
        return new(redeemed.GuestId, redeemed.AuthToken);
    }

    /// <summary>Holds the line until the guest runs.</summary>
    public async Task UntilRunning(Arrived guest)
    {
        for (var tries = 0; ; tries++)
        {
            var stay = await Client.Stay(guest.Token).Get(wait: LongestWait);
            if (stay.Status is GuestStatus.Running)
                return;
            if (tries > 5)
                throw new FailedStartException($"guest {guest.Id} is still {stay.Status}{Environment.NewLine}{server.LogTail()}");
        }
    }

    public Task Kill(string guestId) => Client.Guests.Kill(guestId);

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
}

/// <summary>From one moment to another.</summary>
internal sealed record Span(DateTimeOffset From, DateTimeOffset To);

/// <summary>A guest that has redeemed its code.</summary>
internal sealed record Arrived(string Id, Secret Token);
