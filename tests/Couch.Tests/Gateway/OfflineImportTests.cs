using System.Diagnostics;
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

        Assert.Equal(first.Skip(1).Select(row => (row["id"], row["new"])), second.Skip(1).Select(row => (row["id"], row["new"])));
        Assert.All(second.Skip(1), row => Assert.Equal("it came before", row["why"]));
        // What has ended here since is opened by no token.
        Assert.Equal(("it came before, and is revoked here", "", ""), (second[0]["why"], second[0]["old"], second[0]["new"]));
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

    [Theory, InlineData("-1"), InlineData("1.5"), InlineData("1e300"), InlineData("1e999")]
    public async Task A_limit_that_is_none_is_not_made_one(string tokens)
    {
        var store = Store();
        store["guests"]![0]!["resourceLimits"]!["maxTokenBudget"] = JsonNode.Parse(tokens);
        store["invites"]![0]!["resourceLimits"]!["maxTokenBudget"] = JsonNode.Parse(tokens);

        var left = (await Import(store)).Where(row => row["state"] == "left").ToList();

        const string Why = "resourceLimits.maxTokenBudget must be a whole number from 0 to 9007199254740991";
        Assert.Equal(Why, left.Single(row => row["kind"] == "guest")["why"]);
        Assert.Contains(left, row => row["kind"] == "invite" && row["status"] == "active" && row["why"] == Why);
    }

    [Fact]
    public async Task A_row_of_another_form_stays_and_spoils_no_other()
    {
        var store = Store();
        var (guests, invites) = (store["guests"]!.AsArray(), store["invites"]!.AsArray());
        guests[1]!["resourceLimits"]!["maxCpuCores"] = "two";
        guests[2]!["expiresAt"] = "tomorrow";
        guests[3] = 7;
        invites[2]!["label"] = 7;

        var rows = await Import(store);

        Assert.Equal(
            [
                "guest provisioning its field resourceLimits.maxCpuCores has a value of another type",
                "guest revoked its field expiresAt has a value of another type", "guest  it is no object",
                "invite revoked its field label has a value of another type",
            ],
            rows.Where(row => row["state"] == "left").Select(row => $"{row["kind"]} {row["status"]} {row["why"]}"));
        Assert.Equal(5, rows.Count(row => row["state"] == "came"));
    }

    [Fact]
    public async Task What_is_of_a_time_to_come_or_ends_at_no_possible_time_stays()
    {
        var store = Store();
        var (guests, invites) = (store["guests"]!.AsArray(), store["invites"]!.AsArray());
        guests[1]!["id"] = Id(Now.AddHours(1));
        guests[2]!["stoppedAt"] = Iso(Now.AddHours(-20));
        guests[3]!["stoppedAt"] = Iso(Now.AddHours(1));
        invites[0]!["id"] = Id(Now.AddHours(1));

        Assert.Equal(
            [
                "guest provisioning its id is of a time that is still to come", "guest revoked it does not end between its arrival and now",
                "guest stopped it does not end between its arrival and now", "invite active its id is of a time that is still to come",
            ],
            (await Import(store)).Where(row => row["state"] == "left").Select(row => $"{row["kind"]} {row["status"]} {row["why"]}"));
    }

    [Fact]
    public async Task What_retention_may_have_purged_does_not_come_to_life_again()
    {
        var store = Store();
        var guests = store["guests"]!.AsArray();
        guests[1]!["id"] = Id(Now.AddHours(-30));
        const string Retention = "--COUCH_RETENTION_DAYS=1";

        var first = await Import(store, Retention);
        Assert.Equal("left", first[1]["state"]);
        Assert.Contains("COUCH_RETENTION_DAYS=0", first[1]["why"], StringComparison.Ordinal);
        Assert.Equal(8, first.Count(row => row["state"] == "came"));

        // Whoever knows that it never came can say so. What is there is no longer asked about.
        var second = await Import(store);
        Assert.Equal(("came", ""), (second[1]["state"], second[1]["why"]));
        var third = await Import(store, Retention);
        Assert.Equal(("came", "it came before", second[1]["new"]), (third[1]["state"], third[1]["why"], third[1]["new"]));
    }

    [Fact]
    public async Task An_invite_that_is_over_by_its_time_gets_no_code()
    {
        var store = Store();
        store["invites"]![0]!["expiresAt"] = Iso(Now.AddHours(-1));

        var invite = (await Import(store)).Single(row => row["old"] == "inv_old6" || (row["kind"], row["status"]) == ("invite", "active"));

        Assert.Equal(("came", "", ""), (invite["state"], invite["old"], invite["new"]));
    }

    [Fact]
    public async Task Rows_wake_their_grains_as_those_do_that_grains_write()
    {
        var store = Store();
        var id = (string)store["guests"]![0]!["id"]!;
        await Import(store);
        var imported = await Wakes();

        string made;
        await using (var couch = await Couch())
        {
            // The grain writes its row anew, and another makes its first.
            (await couch.Anyone.Put($"/couch/guests/{id}/usage", new { cpuSeconds = 9 })).Is(200);
            made = (await couch.Anyone.Post("/couch/invites", new { createdBy = "nina", expiresInHours = 2 })).Is(201)["id"]!;
        }

        var written = await Wakes();
        Assert.Equal(written[id], imported[id]);
        var invite = (string)store["invites"]![0]!["id"]!;
        Assert.Equal(written[invite], imported[invite]);
        Assert.Equal(DateTimeOffset.Parse((string)store["invites"]![0]!["expiresAt"]!, null).ToUnixTimeMilliseconds(), imported[invite].At);
        Assert.Equal(Ring("invite", made), written[made].Ring);
        Assert.Equal(Ring("invite", invite), imported[invite].Ring);
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
        var (said, errors) = (new StringWriter(), new StringWriter());

        Assert.Equal(0, await ImportCommand.Run([$"{ImportCommand.Switch}={file}", ImportCommand.DryRun, .. Folder], said, errors));

        Assert.Contains("9 would come, 0 cannot come; VM provider: none: VMs stay", errors.ToString(), StringComparison.Ordinal);

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

    [Fact]
    public async Task The_documented_command_imports_and_ends()
    {
        var file = File(Store());
        foreach (var (dry, what) in new[] { (true, "9 would come, 0 cannot come"), (false, "9 came, 0 cannot come") })
        {
            var (code, output, errors) = await Program([ImportCommand.Switch, file, .. dry ? [ImportCommand.DryRun] : Array.Empty<string>()]);
            Assert.True(code == 0, errors);
            Assert.Equal(10, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
            Assert.StartsWith(what, errors, StringComparison.Ordinal);
        }

        // It has the key of the folder, so that the couch accepts what it has printed.
        await using var couch = await Couch();
        Assert.Equal(5, (await couch.Anyone.Get("/couch/guests")).Json["guests"]!.AsArray().Count);
    }

    [Fact]
    public async Task The_provider_is_told_that_imported_guests_get()
    {
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        var errors = new StringWriter();

        Assert.Equal(0, await ImportCommand.Run(
            [ImportCommand.Switch, File(Store()), .. Folder, .. NodeSettings.Of(vers).AsArguments()], TextWriter.Null, errors));

        Assert.EndsWith("; VM provider: vers\n", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_knows_no_provider_and_imports_nothing()
    {
        var errors = new StringWriter();

        Assert.Equal(1, await ImportCommand.Run(
            [ImportCommand.Switch, File(Store()), ImportCommand.DryRun, "--COUCH_ROLE=gateway"], TextWriter.Null, errors));

        Assert.Contains("COUCH_ROLE is gateway", errors.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("needs the path", "--import")]
    [InlineData("needs the path", "--import", "")]
    [InlineData("needs the path", "--import=")]
    [InlineData("needs the path", "--import", "--dry-run")]
    [InlineData("cannot be read", "--import=no-such-file.json")]
    public async Task Without_a_file_it_says_so_and_not_that_the_couch_cannot_start(string says, params string[] args)
    {
        var errors = new StringWriter();

        Assert.True(ImportCommand.IsAsked(args));
        Assert.Equal(1, await ImportCommand.Run([.. args, .. Folder], TextWriter.Null, errors));

        Assert.StartsWith("Couch cannot import:", errors.ToString(), StringComparison.Ordinal);
        Assert.Contains(says, errors.ToString(), StringComparison.Ordinal);
    }

    [Theory, InlineData("{}"), InlineData("{\"invites\":[]}"), InlineData("{\"guests\":[],\"invites\":{}}")]
    [InlineData("[]"), InlineData("{"), InlineData("{\"invites\":7}"), InlineData("{\"guests\":null}"), InlineData("null")]
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

    /// <summary>The program's exit code, and what it has printed.</summary>
    private async Task<(int Code, string Output, string Errors)> Program(string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, CouchProcess.Gateway), .. args])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["COUCH_DATA_DIR"] = folder["data"];
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        await process.WaitForExitAsync(bound.Token);
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>When each row wakes its grain, and its grain's place on the ring.</summary>
    private async Task<Dictionary<string, (long? At, long? Ring)>> Wakes()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = CouchDatabase.Open(new() { DataFolder = folder["data"] });
        var rows = await database.Ask(
            "SELECT id, wake_at, ring FROM grain_state WHERE service = @service AND kind IN ('guest', 'invite')", [],
            row => (Id: row.GetString(0), At: row.IsDBNull(1) ? (long?)null : row.GetInt64(1), Ring: row.IsDBNull(2) ? (long?)null : row.GetInt64(2)),
            cancel);
        return rows.ToDictionary(row => row.Id, row => (row.At, row.Ring));
    }

    private static long Ring(string kind, string id) => unchecked((int)GrainId.Create(kind, id).GetUniformHashCode());

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
