using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Couch.Cluster;
using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Vers;
using Couch.Domain.Guests;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Couch.VersSimulator.Vms;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>
/// A couch in this process whose guests' VMs come from a simulated account of its own, over real HTTP. VMs boot at once.
/// The provider has a clock of its own, so that what it holds back is let go exactly when a test says so.
/// </summary>
public abstract class VersCouch(Engine engine) : TestCouch(engine)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private Installation installation = null!;
    private Wire wire = new();

    internal SimulatedVers Vers { get; private set; } = null!;

    internal WatchedClock ProviderClock { get; } = new(TimeProvider.System.GetUtcNow());

    private protected virtual TimeProvider ClockOfProvider => ProviderClock;

    /// <summary>A VM that somebody made at the provider without the couch.</summary>
    internal async Task<string> AVmByHand()
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", Vers.Options.Key);
        using var made = await http.PostAsJsonAsync(new Uri($"{Vers.Url}/vm/from_commit"), new { commit_id = Vers.Options.Commit }, Cancel);
        return (string)JsonNode.Parse(await made.Content.ReadAsStringAsync(Cancel))!["vm_id"]!;
    }

    /// <summary>From now on the provider holds the call until its clock has moved by <paramref name="time"/>.</summary>
    /// <returns>Ends once it does.</returns>
    internal Func<Task> Hold(Step step, TimeSpan time)
    {
        var before = ProviderClock.Waits(time);
        step.Hold(Vers, time);
        return () => Until.True(() => Task.FromResult(ProviderClock.Waits(time) > before), Bound, step.Name);
    }

    internal IEnumerable<VmView> ClaimedBy(GuestId guest) => Vers.Vms.Left.Where(vm => vm.Guest == guest.Value);

    internal Task Becomes(GuestId guest, Func<Guest, bool> claim, string what) =>
        Until.True(async () => claim((await Row(guest))!), Bound, what);

    internal Task IsRunning(GuestId guest) => Becomes(guest, row => row.Status is GuestStatus.Running, "the guest runs");

    internal Task HasReceipt(GuestId guest) => Becomes(guest, row => row.Vm.DestroyedAt is not null, "the receipt");

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await base.DisposeAsync();
        await Vers.DisposeAsync();
        wire.Dispose();
    }

    private protected override async Task PrepareVms()
    {
        Vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero, Clock = ClockOfProvider });
        installation = new(Database, Clock, Some.Random);
        await installation.Load(Cancel);
    }

    private protected override void AddVms(IServiceCollection services)
    {
        Assert.True(VersKey.TryParse(Vers.Options.Key, out var key));
        services.AddVms(new()
        {
            Vers = new() { Key = key, Commit = Vers.Options.Commit, ApiUrl = Vers.Url.ToString(), IsDedicated = true },
            MeasureEvery = TimeSpan.Zero,
        });
        services.AddSingleton(installation).AddUncontestedLease();
        var current = wire;
        services.AddHttpClient(VersApi.Client).AddHttpMessageHandler(current.End);
    }

    private protected override void CutOff()
    {
        wire.Cut();
        wire = new();
    }
}

public sealed class VersCouchOnSqlite() : VersCouch(new SqliteEngine());

/// <summary>The provider has no clock of its own: the test moves one time for all.</summary>
public sealed class VersCouchOnOneClock() : VersCouch(new SqliteEngine())
{
    private protected override TimeProvider ClockOfProvider => Clock;
}

public sealed class VersCouchOnPostgres() : VersCouch(new PostgresEngine());
