using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Cluster;
using Couch.Cluster.Import;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Gateway.Hosting;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>The original's file is taken into a couch's own database, under its own ids.</summary>
public sealed class OfflineImportTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Ids_statuses_limits_usage_and_ends_are_kept()
    {
        var store = Store();
        var rows = await Import(store);

        Assert.Equal(
            [
                "guest running came", "guest provisioning came", "guest revoked came", "guest stopped came", "guest expired came",
                "invite active came", "invite redeemed came", "invite revoked came", "invite expired came",
            ],
            rows.Select(row => $"{row["kind"]} {row["status"]} {row["state"]}"));
        await using var couch = await Couch();
        foreach (var old in store["guests"]!.AsArray())
        {
            var guest = (await couch.Anyone.Get($"/couch/guests/{old!["id"]}")).Is(200).Json;
            foreach (var field in new[] { "name", "status", "inviteId", "resourceLimits", "permissions", "resourceUsage", "expiresAt",
                         "createdAt", "vmId", "agentEndpoint", "stoppedAt" })
                Assert.True(JsonNode.DeepEquals(old[field], guest[field]), $"{old["status"]} {field}: {old[field]} became {guest[field]}");
        }

        foreach (var old in store["invites"]!.AsArray())
        {
            var invite = (await couch.Anyone.Get($"/couch/invites/{old!["id"]}")).Is(200).Json;
            foreach (var field in new[] { "label", "status", "resourceLimits", "permissions", "createdBy", "createdAt", "expiresAt",
                         "guestId" })
            {
                Assert.True(
                    JsonNode.DeepEquals(old[field], invite[field]), $"{old["status"]} {field}: {old[field]} became {invite[field]}");
            }
        }
    }

    [Fact]
    public async Task New_codes_and_tokens_open_what_the_old_ones_did_and_are_for_what_is_open_alone()
    {
        var rows = await Import(Store());

        await using var couch = await Couch();
        Assert.Equal(
            ["guest running guest_old1", "guest provisioning guest_old2", "invite active inv_old6"],
            rows.Where(row => row["new"].Length > 0).Select(row => $"{row["kind"]} {row["status"]} {row["old"]}"));
        var stay = (await couch.With(rows[0]["new"]).Get("/couch/status")).Is(200);
        Assert.Equal((rows[0]["id"], "running", "http://10.0.0.4"), (stay["guestId"], stay["status"], stay["agentEndpoint"]));
        var code = rows.Single(row => row["kind"] == "invite" && row["status"] == "active")["new"];
        (await couch.Anyone.Post("/couch/redeem", new { code, name = "late" })).Is(201);
        (await couch.Anyone.Delete($"/couch/guests/{rows[0]["id"]}")).Is(200);
    }

    [Fact]
    public async Task Running_it_twice_brings_each_row_once_and_prints_the_same()
    {
        var store = Store();
        var first = await Import(store);
        await using (var couch = await Couch())
            (await couch.Anyone.Delete($"/couch/guests/{first[0]["id"]}")).Is(200);

        var second = await Import(store);

        Assert.Equal(first.Select(row => (row["id"], row["new"])), second.Select(row => (row["id"], row["new"])));
        Assert.All(second, row => Assert.Equal("it came before", row["why"]));
        await using var again = await Couch();
        Assert.Equal("revoked", (await again.Anyone.Get($"/couch/guests/{first[0]["id"]}"))["status"]);
        Assert.Equal(5, (await again.Anyone.Get("/couch/guests")).Json["guests"]!.AsArray().Count);
    }

    [Fact]
    public async Task What_cannot_come_is_listed_and_the_rest_comes()
    {
        var store = Store();
        var (guests, invites) = (store["guests"]!.AsArray(), store["invites"]!.AsArray());
        guests[0]!["id"] = "not-a-ulid";
        guests[1]!["name"] = "two\nlines";
        guests[2]!["resourceLimits"]!["maxDurationHours"] = 9999;
        guests[3]!["status"] = "asleep";
        guests[4]!["expiresAt"] = null;
        invites[2]!["createdBy"] = " ";
        guests.Add(null);

        var left = (await Import(store)).Where(row => row["state"] == "left").Select(row => $"{row["kind"]} {row["why"]}");

        Assert.Equal(
            [
                "guest its id is no ULID", "guest name must not contain control characters",
                "guest resourceLimits.maxDurationHours must be a number above 0, at most 720",
                "guest its status 'asleep' is none of the protocol's", "guest it does not say when it expires", "guest its id is no ULID",
                "invite the guest that redeemed it does not come", "invite createdBy is required",
            ],
            left);
    }

    [Fact]
    public async Task A_guest_that_was_over_a_limit_is_not_ended_by_its_move()
    {
        var store = Store();
        store["guests"]![0]!["resourceUsage"]!["tokensUsed"] = 5000;
        var id = (await Import(store))[0]["id"];

        await using var couch = await Couch();
        (await couch.Anyone.Put($"/couch/guests/{id}/usage", new { cpuSeconds = 9 })).Is(200);

        Assert.Equal("running", (await couch.Anyone.Get($"/couch/guests/{id}"))["status"]);
    }

    [Fact]
    public async Task A_guest_that_waited_gets_its_VM_and_the_VM_of_one_that_ran_is_destroyed_with_it()
    {
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        var settings = NodeSettings.Of(vers).AsArguments();
        var store = Store();
        store["guests"]![0]!["vmId"] = await Made(vers);
        var rows = await Import(store, settings);

        await using var couch = await Couch(settings);
        await Until.True(
            async () => (await couch.Anyone.Get($"/couch/guests/{rows[1]["id"]}"))["status"] is "running", Soon, "it has a VM");
        (await couch.Anyone.Post("/couch/guests/kill", new { all = true })).Is(200);
        await Until.True(() => Task.FromResult(vers.Vms.CountLeft() is 0), Soon, "all VMs are destroyed");
    }

    [Fact]
    public async Task A_dry_run_writes_nothing_and_shows_no_secret()
    {
        var file = File(Store());
        var said = new StringWriter();

        Assert.Equal(0, await ImportCommand.Run([ImportCommand.Switch, file, ImportCommand.DryRun, .. Folder], said, TextWriter.Null));

        Assert.Equal(9, said.ToString().Split("would come").Length - 1);
        Assert.DoesNotContain("_old", said.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["data"]));
    }

    [Fact]
    public async Task A_couch_that_runs_on_SQLite_is_not_written_into_from_beside()
    {
        await using var couch = await Couch();
        var errors = new StringWriter();

        Assert.Equal(1, await ImportCommand.Run([ImportCommand.Switch, File(Store()), .. Folder], TextWriter.Null, errors));

        Assert.Contains("COUCH_DATA_DIR", errors.ToString(), StringComparison.Ordinal);
    }

    [Theory, InlineData("[]"), InlineData("{"), InlineData("{\"invites\":7}"), InlineData("{\"guests\":null}"), InlineData("null")]
    public async Task What_is_no_such_file_is_refused(string text)
    {
        await System.IO.File.WriteAllTextAsync(folder["odd.json"], text, TestContext.Current.CancellationToken);
        var errors = new StringWriter();

        Assert.Equal(1, await ImportCommand.Run([ImportCommand.Switch, folder["odd.json"], .. Folder], TextWriter.Null, errors));

        Assert.Contains("no store of the original service", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_PostgreSQL_rows_come_once_too()
    {
        await using var empty = await PostgresServer.NewDatabase();
        var options = new CouchOptions { Postgres = empty.ConnectionString, SigningKeys = Some.Keys(), DatabaseConnections = 4 };
        var store = OriginalStore.Read(File(Store()));
        var cancel = TestContext.Current.CancellationToken;
        await using var import = await OfflineImport.Into(options, TimeProvider.System, cancel);

        var first = await import.Bring(store, cancel).ToListAsync(cancel);
        var second = await import.Bring(store, cancel).ToListAsync(cancel);

        Assert.All(first, row => Assert.False(row.CameBefore));
        Assert.All(second, row => Assert.True(row.CameBefore));
        await using var database = CouchDatabase.Open(options);
        var listings = new Listings(database);
        Assert.Equal(5, (await listings.Guests(null, 100, null, Now, cancel)).Rows.Count);
        Assert.Equal(
            InviteStatus.Redeemed,
            (await listings.Invites(null, 100, null, Now, cancel)).Rows.Single(invite => invite.Redemption is not null).Status);
        Assert.Equal(
            EndReason.Killed,
            (await listings.Guests(GuestStatus.Revoked, 100, null, Now, cancel)).Rows.Single().EndReason);
    }

    private string[] Folder => [$"--COUCH_DATA_DIR={folder["data"]}"];

    private Task<CouchHost> Couch(params string[] settings) => CouchHost.Start([.. Folder, .. settings]);

    private string File(JsonNode store)
    {
        System.IO.File.WriteAllText(folder["couch.json"], store.ToJsonString());
        return folder["couch.json"];
    }

    /// <summary>What was printed, a row by its columns' names.</summary>
    private async Task<List<Dictionary<string, string>>> Import(JsonNode store, params string[] settings)
    {
        var (said, errors) = (new StringWriter(), new StringWriter());
        var code = await ImportCommand.Run([ImportCommand.Switch, File(store), .. Folder, .. settings], said, errors);
        Assert.True(code == 0, errors.ToString());
        var lines = said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).ToList();
        return [.. lines.Skip(1).Select(line => lines[0].Zip(line).ToDictionary(cell => cell.First, cell => cell.Second))];
    }

    private static JsonNode Store()
    {
        var limits = new
        {
            maxCpuCores = 2, maxMemoryMB = 8192, maxDiskGB = 20, maxNetworkEgressGB = 10, maxDurationHours = 72, maxTokenBudget = 1000,
        };
        var may = new { canAccessInternet = false, canSpawnSubAgents = false, canAccessHostServices = false };
        var (made, arrived) = (Now.AddHours(-10), Now.AddHours(-9));
        string[] guests = [.. Enumerable.Range(0, 5).Select(place => Id(arrived.AddMinutes(place)))];
        string[] invites = [.. Enumerable.Range(0, 4).Select(place => Id(made.AddMinutes(place)))];
        object Guest(int place, string status, string invite, double hours) => new
        {
            id = guests[place], name = $"agent-{place}", publicKey = (string?)null, status,
            vmId = place == 0 ? "vm-4" : null, agentEndpoint = place == 0 ? "http://10.0.0.4" : null, inviteId = invite,
            authToken = $"guest_old{place + 1}", resourceLimits = limits, permissions = may,
            resourceUsage = new
            {
                cpuSeconds = 1.5, memoryPeakMB = 10, diskUsedGB = 1, networkEgressGB = 0, tokensUsed = 42, uptimeSeconds = 20_000,
            },
            createdAt = Iso(arrived.AddMinutes(place)), expiresAt = Iso(Now.AddHours(hours)),
            stoppedAt = place < 2 ? null : Iso(Now.AddHours(Math.Min(hours, -1))),
        };
        object Invite(int place, string status, double hours) => new
        {
            id = invites[place], code = $"inv_old{place + 6}", label = "reviewers", status, resourceLimits = limits, permissions = may,
            createdBy = "nina", createdAt = Iso(made.AddMinutes(place)), expiresAt = Iso(Now.AddHours(hours)),
            guestId = status == "redeemed" ? guests[0] : null,
        };
        return JsonSerializer.SerializeToNode(new
        {
            invites = new[] { Invite(0, "active", 2), Invite(1, "redeemed", 2), Invite(2, "revoked", 2), Invite(3, "expired", -2) },
            guests = new[]
            {
                Guest(0, "running", invites[1], 5), Guest(1, "provisioning", Id(made), 5), Guest(2, "revoked", Id(made), 5),
                Guest(3, "stopped", Id(made), 5), Guest(4, "expired", Id(made), -2),
            },
        })!;
    }

    private static string Id(DateTimeOffset at) => Ulid.NewUlid(at).ToString();

    private static string Iso(DateTimeOffset at) => at.ToIso();

    /// <summary>A VM that is not this couch's.</summary>
    private static async Task<string> Made(SimulatedVers vers)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", vers.Options.Key);
        using var body = Caller.Text($$"""{"commit_id":"{{vers.Options.Commit}}"}""");
        using var made = await http.PostAsync(new Uri($"{vers.Url}/vm/from_commit"), body);
        return (string)JsonNode.Parse(await made.Content.ReadAsStringAsync())!["vm_id"]!;
    }
}
