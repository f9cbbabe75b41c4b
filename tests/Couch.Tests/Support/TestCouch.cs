using System.Security.Cryptography;
using Couch.Cluster;
using Couch.Cluster.Bulk;
using Couch.Cluster.Guests;
using Couch.Cluster.Housekeeping;
using Couch.Cluster.Invites;
using Couch.Cluster.Keys;
using Couch.Cluster.Storage;
using Couch.Cluster.Webhooks;
using Couch.Domain.Bulk;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Orleans.Configuration;
using Orleans.Reminders;
using Orleans.TestingHost;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>
/// A couch of two silos in this process, on a real database, with a clock that only a test moves.
/// What is said here of crashes is a stop without drain; claims about SIGKILL are in Crashes/.
/// </summary>
/// <param name="begins">Where its clock stands at first; now, where nothing is said, because the database has a clock of its own.</param>
public abstract class TestCouch(Engine engine, DateTimeOffset? begins = null) : IAsyncLifetime
{
    /// <summary>Reminders are visible however far ahead they are: the clock here is not the database's.</summary>
    private static readonly TimeSpan Horizon = TimeSpan.FromDays(10_000);

    private InProcessTestCluster cluster = null!;

    /// <summary>The clock of grains and of reminders.</summary>
    public FakeTimeProvider Clock { get; } = new(begins ?? TimeProvider.System.Now());

    /// <summary>What goes wrong on purpose.</summary>
    internal Faults Faults { get; } = new();

    public CouchDatabase Database { get; private set; } = null!;

    public Listings Listings => new(Database);

    internal static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Database = await engine.OpenEmpty(Horizon);
        await Fill();
        await Database.Upgrade(CancellationToken.None);
        await PrepareVms();
        cluster = await StartCluster();
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await cluster.DisposeAsync().ToEnd();
        await engine.DisposeAsync();
    }

    /// <summary>Called on the empty database, before it is brought up to date.</summary>
    private protected virtual Task Fill() => Task.CompletedTask;

    /// <summary>Called once the schema is there, before the silos are.</summary>
    private protected virtual Task PrepareVms() => Task.CompletedTask;

    /// <summary>A node's own clock: the one there is, unless overridden.</summary>
    /// <param name="silo">The silo's name: <c>Silo_0</c>, <c>Silo_1</c>.</param>
    private protected virtual TimeProvider ClockOf(string silo) => Clock;

    /// <summary>How long what has ended is kept: for ever, unless overridden.</summary>
    private protected virtual Retention Retention => new();

    /// <summary>Where guests' VMs come from: nowhere, unless overridden.</summary>
    private protected virtual void AddVms(IServiceCollection services) => services.AddVms(new());

    internal IInviteGrain Invite(InviteId id) => cluster.Client.GetGrain<IInviteGrain>(id.Value);

    internal IGuestGrain Guest(GuestId id) => cluster.Client.GetGrain<IGuestGrain>(id.Value);

    internal IHostKeyGrain HostKey(HostKeyId id) => cluster.Client.GetGrain<IHostKeyGrain>(id.Value);

    internal IWebhookGrain Webhook(WebhookId id) => cluster.Client.GetGrain<IWebhookGrain>(id.Value);

    internal IBulkOrderGrain Order(BulkOrderId id) => cluster.Client.GetGrain<IBulkOrderGrain>(id.Value);

    internal IHousekeepingGrain Housekeeping => cluster.Client.GetGrain<IHousekeepingGrain>(IHousekeepingGrain.Key);

    internal async Task<Invite> AnInvite(
        double expiresInHours = 24, ResourceLimits? limits = null, Enforcement enforcement = Enforcement.Stop)
    {
        var command = Some.CreateInvite(Clock.Now(), expiresInHours, limits, enforcement);
        return await Invite(command.Id).Create(command);
    }

    internal async Task<Guest> AGuest(ResourceLimits? limits = null, Enforcement enforcement = Enforcement.Stop, string? publicKey = null)
    {
        var invite = await AnInvite(limits: limits, enforcement: enforcement);
        var redeemed = Assert.IsType<RedeemOutcome.Redeemed>(await Invite(invite.Id).Redeem(Some.Redeem() with { PublicKey = publicKey }));
        return (await Guest(redeemed.Invite.Redemption!.GuestId).Get())!;
    }

    /// <summary>What the table says of a guest, whatever its grain remembers.</summary>
    internal async Task<Guest?> Row(GuestId id) =>
        (await Listings.Guests(null, 1000, null, DateTimeOffset.MinValue, Cancel)).Rows.SingleOrDefault(guest => guest.Id == id);

    internal async Task<Invite?> Row(InviteId id) =>
        (await Listings.Invites(null, 1000, null, DateTimeOffset.MinValue, Cancel)).Rows.SingleOrDefault(invite => invite.Id == id);

    internal SiloAddress AddressOf(string silo) => cluster.Silos.Single(each => each.Name == silo).SiloAddress;

    /// <summary>Ends the grain's activation: the next call reads the row again.</summary>
    internal Task Forget(IAddressable grain) => cluster.DeactivateAsync(grain);

    /// <summary>Every node hands over what it has, and ends.</summary>
    internal async Task Stop()
    {
        foreach (var silo in cluster.Silos)
            await cluster.StopSiloAsync(silo);
    }

    /// <summary>Every node ends without a word, and another starts on the same database.</summary>
    internal async Task Restart()
    {
        CutOff();
        foreach (var silo in cluster.Silos)
            await cluster.KillSiloAsync(silo).ToEnd();
        await cluster.DisposeAsync().ToEnd();
        cluster = await StartCluster(silos: 1);
    }

    /// <summary>Whatever nodes have under way outside is cut, as when their processes die.</summary>
    private protected virtual void CutOff()
    {
    }

    /// <summary>A second couch on this one's database that knows nothing of the first: what a duplicate activation looks like.</summary>
    internal Task<InProcessTestCluster> StartCluster(short silos = 2)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((of, silo) =>
        {
            silo.Services.AddSingleton(Database);
            silo.Services.AddSingleton(RandomNumberGenerator.Create());
            silo.Services.AddSingleton(ClockOf(of.SiloName));
            silo.Services.AddSingleton(Retention);
            silo.Services.AddCouchStorage();
            silo.Services.AddSingleton(new CouchOptions()).AddSingleton(Some.Keys());
            AddVms(silo.Services);
            silo.UseCouchGrains(Database);
            Faults.Install(silo);
            silo.Configure<ClusterOptions>(options => options.ServiceId = GrainKinds.Service);
            silo.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
            silo.Services.AddKeyedSingleton<TimeProvider>(ReminderTimeProviderNames.Reminders, Clock);
        });
        builder.ConfigureHost(host => host.Logging.ClearProviders());
        builder.Options.ServiceId = GrainKinds.Service;
        var built = builder.Build();
        return Deploy(built);
    }

    /// <summary>When the rows of this grain have it woken, as the table's column says it: one row, empty where it says nothing.</summary>
    internal Task<List<string>> WakeAt(string id) =>
        Database.Rows("SELECT wake_at FROM grain_state WHERE id = @id", ("id", id));

    /// <summary>Arms a reminder as versions before the rows' own moments did.</summary>
    internal async Task Arm(GrainId grain, DateTimeOffset at)
    {
        await using var providers = await OrleansProviders.On(Database);
        await providers.Reminders.UpsertRow(
            new ReminderEntry { GrainId = grain, ReminderName = "due", StartAt = at.UtcDateTime, Period = TimeSpan.FromMinutes(1) }, Cancel);
    }

    /// <summary>
    /// Moves the clock by whole refreshes, because a reminder loop arms its next wait only after its last one, until the claim holds.
    /// </summary>
    internal async Task AdvanceUntil(TimeSpan atMost, Func<Task<bool>> claim)
    {
        var until = Clock.GetUtcNow() + atMost;
        while (Clock.GetUtcNow() < until)
        {
            Clock.Advance(TimeSpan.FromSeconds(20));
            if (await Until.Holds(claim, TimeSpan.FromMilliseconds(50)))
                return;
        }

        Assert.True(await Until.Holds(claim, TimeSpan.FromSeconds(10)), $"not within {atMost}");
    }

    private static async Task<InProcessTestCluster> Deploy(InProcessTestCluster cluster)
    {
        await cluster.DeployAsync().ToEnd();
        return cluster;
    }
}

public sealed class SqliteCouch() : TestCouch(new SqliteEngine());

public sealed class PostgresCouch() : TestCouch(new PostgresEngine());
