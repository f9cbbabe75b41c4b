using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>The original's file is taken over once, and what cannot come is said.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ImportCliTests : IAsyncLifetime
{
    private readonly Person noah = new();
    private CouchHost couch = null!;
    private TamperedCouch way = null!;
    private string file = null!;

    public async ValueTask InitializeAsync()
    {
        couch = await CouchHost.Start();
        way = await TamperedCouch.Before(couch.Address);
        noah.Environment["COUCH_URL"] = way.Address.AbsoluteUri;
        file = noah.File("couch.json", Store());
    }

    public async ValueTask DisposeAsync()
    {
        await way.DisposeAsync();
        await couch.DisposeAsync();
        noah.Dispose();
    }

    [Fact]
    public async Task What_is_alive_comes_and_the_rest_is_listed()
    {
        var ran = (await noah.Runs("import", file, "--yes")).Ok();

        Assert.Equal(
            ["invite 1 imported", "invite 2 left", "invite 3 left", "guest 4 imported", "guest 5 left", "guest 6 imported"],
            ran.Rows.Select(row => $"{row["kind"]} {row["oldId"]["old-".Length..]} {row["state"]}"));
        Assert.Equal(("inv_old1", "it is revoked", "its time is up"), (ran.Rows[0]["old"], ran.Rows[1]["why"], ran.Rows[2]["why"]));
        Assert.Contains("3 to bring", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invite_keeps_what_it_was_and_its_new_code_redeems_it()
    {
        var row = (await noah.Runs("import", file, "--yes")).Ok().Rows[0];

        var invite = (await couch.Anyone.Get($"/couch/invites/{row["newId"]}")).Is(200);
        Assert.Equal(("nina", "reviewers", row["new"]), (invite["createdBy"], invite["label"], invite["code"]));
        Assert.Equal(8192, (int)invite.Json["resourceLimits"]!["maxMemoryMB"]!);
        Assert.False((bool)invite.Json["permissions"]!["canAccessInternet"]!);
        var left = (DateTimeOffset)invite.Json["expiresAt"]! - TimeProvider.System.GetUtcNow();
        Assert.InRange(left.TotalHours, 1.9, 2.1);
        (await couch.Anyone.Post("/couch/redeem", new { code = row["new"], name = "late" })).Is(201);
    }

    [Fact]
    public async Task A_guest_keeps_its_name_its_use_and_its_end_and_its_new_token_works()
    {
        var row = (await noah.Runs("import", file, "--yes")).Ok().Rows.Single(one => one["oldId"] == "old-4");

        var guest = (await couch.Anyone.Get($"/couch/guests/{row["newId"]}")).Is(200);
        Assert.Equal(("agent", "42"), (guest["name"], guest.Json["resourceUsage"]!["tokensUsed"]!.ToString()));
        Assert.InRange(((DateTimeOffset)guest.Json["expiresAt"]! - TimeProvider.System.GetUtcNow()).TotalHours, 4.9, 5.1);
        Assert.Equal("guest_old4", row["old"]);
        (await couch.Anyone.Get($"/couch/status?token={row["new"]}")).Is(200);
        Assert.Contains("its VM vm-4 does not come", row["why"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guest_that_was_over_a_limit_is_not_ended_by_its_move()
    {
        var row = (await noah.Runs("import", file, "--yes")).Ok().Rows.Single(one => one["oldId"] == "old-6");

        Assert.Equal("provisioning", (await couch.Anyone.Get($"/couch/guests/{row["newId"]}"))["status"]);
    }

    [Fact]
    public async Task Running_it_twice_brings_nothing_twice()
    {
        var first = (await noah.Runs("import", file, "--yes")).Ok();
        var second = (await noah.Runs("import", file)).Ok();

        Assert.Equal(
            first.Rows.Select(row => (row["oldId"], row["newId"], row["new"])),
            second.Rows.Select(row => (row["oldId"], row["newId"], row["new"])));
        Assert.Equal((3, 2), await Count());
    }

    [Fact]
    public async Task Without_its_record_nothing_comes_twice_either()
    {
        (await noah.Runs("import", file, "--yes")).Ok();
        File.Delete(file + ".imported");

        // The times that are left are others now: the couch says that it knows the keys.
        (await noah.Runs("import", noah.File("couch.json", Store(later: true)), "--yes")).Ends(1);

        Assert.Equal((3, 2), await Count());
    }

    [Theory, InlineData("/couch/redeem"), InlineData("/couch/invites")]
    public async Task An_import_whose_answer_was_lost_goes_on_where_it_was(string path)
    {
        way.Answers(path, context => way.PassOn(context, isAnswerLost: true));
        (await noah.Runs("import", file, "--yes")).Ends(7);
        way.Heal(path);

        (await noah.Runs("import", file, "--yes")).Ok();

        Assert.Equal((3, 2), await Count());
    }

    [Fact]
    public async Task A_dry_run_does_nothing_and_shows_no_secret()
    {
        var ran = (await noah.Runs("import", file, "--dry-run")).Ok();

        Assert.Equal(3, ran.Rows.Count(row => row["state"] == "would import"));
        Assert.DoesNotContain("_old", ran.Out, StringComparison.Ordinal);
        Assert.Equal((0, 0), await Count());
        Assert.False(File.Exists(file + ".imported"));
        (await noah.Runs("import", file)).Refuses(2, "--yes");
    }

    [Fact]
    public async Task Its_record_is_its_owners_alone_and_for_one_couch()
    {
        (await noah.Runs("import", file, "--yes")).Ok();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file + ".imported"));
        (await noah.Runs("import", file, "--yes", "--url", couch.Address.AbsoluteUri)).Refuses(5, "--ledger");
    }

    [Theory, InlineData("[]"), InlineData("{"), InlineData("{\"invites\":7}"), InlineData("null")]
    public async Task What_is_no_such_file_is_refused(string text) =>
        (await noah.Runs("import", noah.File("odd.json", text), "--yes")).Refuses(2, "no store of the original service");

    [Fact]
    public async Task What_the_couch_refuses_is_named_and_the_rest_comes()
    {
        var store = JsonNode.Parse(Store())!;
        store["guests"]![0]!["publicKey"] = "not a key";

        var ran = (await noah.Runs("import", noah.File("couch.json", store.ToJsonString()), "--yes")).Ends(1);

        Assert.Contains("publicKey", ran.Rows.Single(row => row["state"] == "failed")["why"], StringComparison.Ordinal);
        Assert.Equal(2, ran.Rows.Count(row => row["state"] == "imported"));

        // Where the file is mended the couch is asked anew, and not by the key to which it has answered.
        (await noah.Runs("import", noah.File("couch.json", Store()), "--yes")).Ok();
        Assert.Equal((4, 2), await Count());
    }

    [Fact]
    public async Task What_a_guest_has_used_is_reported_after_its_token_is_there_and_again_where_it_was_refused()
    {
        var store = JsonNode.Parse(Store())!;
        store["guests"]![0]!["resourceUsage"]!["tokensUsed"] = -1;
        var ran = (await noah.Runs("import", noah.File("couch.json", store.ToJsonString()), "--yes")).Ok();
        var row = ran.Rows.Single(one => one["oldId"] == "old-4");
        Assert.Contains($"what guest {row["newId"]} had used was not reported", ran.Error, StringComparison.Ordinal);
        (await couch.Anyone.Get($"/couch/status?token={row["new"]}")).Is(200);

        (await noah.Runs("import", noah.File("couch.json", Store()), "--yes")).Ok();

        var guest = await couch.Anyone.Get($"/couch/guests/{row["newId"]}");
        Assert.Equal("42", guest.Json["resourceUsage"]!["tokensUsed"]!.ToString());
        Assert.Equal((3, 2), await Count());
    }

    [Fact]
    public async Task A_guest_whose_token_was_lost_is_ended_and_comes_anew()
    {
        way.Answers("/couch/redeem", context => way.PassOn(context, isAnswerLost: true));
        (await noah.Runs("import", file, "--yes")).Ends(7);
        way.Answers("/couch/redeem", 409, """{"error":"invite is redeemed — cannot redeem"}""");
        (await noah.Runs("import", file, "--yes")).Ends(1);
        way.Heal("/couch/redeem");

        (await noah.Runs("import", file, "--yes")).Ok();

        var guests = (await couch.Anyone.Get("/couch/guests")).Json["guests"]!.AsArray();
        Assert.Equal(["provisioning", "provisioning", "revoked"], guests.Select(guest => (string)guest!["status"]!).Order());
    }

    private async Task<(int Invites, int Guests)> Count() => (
        (await couch.Anyone.Get("/couch/invites")).Json["invites"]!.AsArray().Count,
        (await couch.Anyone.Get("/couch/guests")).Json["guests"]!.AsArray().Count);

    private static string Store(bool later = false)
    {
        var now = TimeProvider.System.GetUtcNow().AddMinutes(later ? 20 : 0);
        var limits = new
        {
            maxCpuCores = 2, maxMemoryMB = 8192, maxDiskGB = 20, maxNetworkEgressGB = 10, maxDurationHours = 72, maxTokenBudget = 1000,
        };
        var may = new { canAccessInternet = false, canSpawnSubAgents = false, canAccessHostServices = false };
        object Invite(string id, string status, double hours) => new
        {
            id, code = "inv_" + id.Replace("-", "", StringComparison.Ordinal), label = "reviewers", status, resourceLimits = limits,
            permissions = may, createdBy = "nina", createdAt = now.AddHours(-9), expiresAt = now.AddHours(hours), unknown = 1,
        };
        object Guest(string id, string status, long tokens) => new
        {
            id, name = "agent", publicKey = (string?)null, status, vmId = id == "old-4" ? "vm-4" : null, agentEndpoint = "http://10.0.0.4",
            inviteId = "old-2", authToken = "guest_" + id.Replace("-", "", StringComparison.Ordinal), resourceLimits = limits,
            permissions = may,
            resourceUsage = new
            {
                cpuSeconds = 1.5, memoryPeakMB = 10, diskUsedGB = 1, networkEgressGB = 0, tokensUsed = tokens, uptimeSeconds = 200_000,
            },
            createdAt = now.AddHours(-60), expiresAt = now.AddHours(5), stoppedAt = (string?)null,
        };
        return JsonSerializer.Serialize(new
        {
            invites = new[] { Invite("old-1", "active", 2), Invite("old-2", "revoked", 2), Invite("old-3", "active", -2) },
            guests = new[] { Guest("old-4", "running", 42), Guest("old-5", "stopped", 0), Guest("old-6", "provisioning", 2000) },
        });
    }
}
