using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Cluster.Housekeeping;
using Couch.Cluster.Storage;
using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Vers;
using Couch.Domain.Capabilities;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>A couch on Kestrel with a simulated VM provider, whose rows a test writes by hand, as no grain of this version would.</summary>
public abstract class DamagedCouch : IAsyncLifetime
{
    /// <summary>What may have become of a guest's row, in the couch's absence.</summary>
    internal static readonly IReadOnlyDictionary<string, Func<JsonObject, string>> Damages =
        new Dictionary<string, Func<JsonObject, string>>
    {
        ["an unknown status word"] = row => With(row, "status", "hibernating"),
        ["a status word in capitals"] = row => With(row, "status", "Running"),
        ["a number for a status"] = row => With(row, "status", 1),
        ["no status"] = row => Without(row, "status"),
        ["a date that is none"] = row => With(row, "expiresAt", "soon"),
        ["a field missing"] = row => Without(row, "name"),
        ["null for a name"] = row => With(row, "name", null),
        ["a text for numbers"] = row => With(row, "resourceUsage", "much"),
        ["a record missing"] = row => Without(row, "resourceLimits"),
        ["an unknown state of its vm"] = row => With(row, "vm", new JsonObject { ["host"] = "vers", ["state"] = "migrating" }),
        ["null for its vm"] = row => With(row, "vm", null),
        ["another guest's id"] = row => With(row, "id", GuestId.New(Some.Time, Some.Random).Value),
        ["nothing in it"] = _ => "{}",
        ["null"] = _ => "null",
        ["a list"] = _ => "[]",
        ["a text"] = _ => "\"running\"",
    };

    internal CouchHost Couch { get; private set; } = null!;

    internal SimulatedVers Vers { get; private set; } = null!;

    internal Caller Host => Couch.With(KeyedCouchHost.Key);

    internal CouchDatabase Database => Service<CouchDatabase>();

    internal SigningKeys Keys => Service<SigningKeys>();

    internal IHousekeepingGrain Housekeeping => Service<IGrainFactory>().GetGrain<IHousekeepingGrain>(IHousekeepingGrain.Key);

    public async ValueTask InitializeAsync()
    {
        Vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        Couch = await CouchHost.Start(
            [.. NodeSettings.Of(Vers).AsArguments(), $"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}", .. await DatabaseSettings()]);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Couch.DisposeAsync();
        await Vers.DisposeAsync();
        await Dispose();
    }

    internal T Service<T>() where T : notnull => Couch.App.Services.GetRequiredService<T>();

    /// <summary>A guest's row as a grain would have written it: it runs, on a VM that carries its claim.</summary>
    internal async Task<Guest> ARunningGuest(DateTimeOffset arrived, double hours)
    {
        var guest = AGuest(arrived, hours);
        var vm = await AVm(guest.Id);
        return guest with
        {
            Status = GuestStatus.Running,
            VmId = vm,
            AgentEndpoint = "https://vm",
            Vm = new() { Host = "vers", State = VmState.Ready, Id = vm, Endpoint = "https://vm", Attempts = 1, RequestedAt = arrived,
                ReadyAt = arrived },
        };
    }

    internal static Guest AGuest(DateTimeOffset arrived, double hours) =>
        Guest.Arriving(Some.Redeemed(Some.Invite(arrived, limits: ResourceLimits.Default with { MaxDurationHours = hours }), arrived));

    /// <summary>A VM at the provider under the guest's claim.</summary>
    internal async Task<string> AVm(GuestId guest)
    {
        var vers = Service<VersApi>();
        var vm = await vers.Create(Cancel);
        await vers.Label(vm, new Dictionary<string, string> { ["couch.guest"] = guest.Value,
            ["couch.installation"] = Service<Installation>().Id }, Cancel);
        return vm;
    }

    internal bool HasVm(GuestId guest) => Vers.Vms.Left.Any(vm => vm.Guest == guest.Value);

    internal Task PutText(string kind, string id, string text) => Database.Rows(
        $"INSERT INTO grain_state (service, kind, id, version, state) VALUES ('{GrainKinds.Service}', '{kind}', '{id}', 1, "
            + $"'{text.Replace("'", "''", StringComparison.Ordinal)}')");

    internal Task Put(Guest guest, Func<JsonObject, string>? damage = null) =>
        PutText(GrainKinds.Guest, guest.Id.Value, Text(guest, damage));

    internal Task Put(Invite invite, Func<JsonObject, string>? damage = null) =>
        PutText(GrainKinds.Invite, invite.Id.Value, Text(invite, damage));

    internal Task Put(HostKey key, Func<JsonObject, string>? damage = null) => PutText(GrainKinds.HostKey, key.Id.Value, Text(key, damage));

    /// <summary>The row as it stands in the table.</summary>
    internal async Task<JsonNode?> Row(string kind, string id) =>
        JsonNode.Parse(
            (await Database.Rows($"SELECT CAST(state AS TEXT) FROM grain_state WHERE kind = '{kind}' AND id = '{id}'")).Single());

    /// <summary>A test's own rows go when it ends: lists and sweeps see all there are.</summary>
    internal Task Clear() => Database.Rows($"DELETE FROM grain_state WHERE id <> '{IHousekeepingGrain.Key}'");

    internal static string With(JsonObject row, string field, JsonNode? value)
    {
        row[field] = value;
        return row.ToJsonString();
    }

    internal static string Without(JsonObject row, string field)
    {
        row.Remove(field);
        return row.ToJsonString();
    }

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected abstract Task<string[]> DatabaseSettings();

    private protected abstract ValueTask Dispose();

    private static string Text<T>(T state, Func<JsonObject, string>? damage)
    {
        var row = JsonSerializer.SerializeToNode(state, CouchJson.Stored)!.AsObject();
        return damage?.Invoke(row) ?? row.ToJsonString();
    }
}

public sealed class DamagedSqliteCouch : DamagedCouch
{
    private protected override Task<string[]> DatabaseSettings() => Task.FromResult<string[]>([]);

    private protected override ValueTask Dispose() => ValueTask.CompletedTask;
}

public sealed class DamagedPostgresCouch : DamagedCouch
{
    private PostgresServer.EmptyDatabase database = null!;

    private protected override async Task<string[]> DatabaseSettings()
    {
        database = await PostgresServer.NewDatabase();
        return [$"--ConnectionStrings:Couch={database.ConnectionString}", $"--COUCH_SIGNING_KEY={Some.Key()}",
            "--COUCH_ADVERTISED_ADDRESS=127.0.0.1"];
    }

    private protected override ValueTask Dispose() => database.DisposeAsync();
}
