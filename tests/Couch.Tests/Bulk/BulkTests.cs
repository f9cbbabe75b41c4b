using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Bulk;

/// <summary>A host ends many at once, and is told of each that could not be ended.</summary>
public sealed class BulkTests
{
    private const string Nobody = "01M856TMTR357368QFX5X4BGR0";

    [Fact]
    public async Task Guests_are_killed_by_their_ids()
    {
        await using var couch = await CouchHost.Start();
        var (one, two, stays) = (await couch.Anyone.Arrive(), await couch.Anyone.Arrive(), await couch.Anyone.Arrive());
        (await couch.Anyone.Delete($"/couch/guests/{two["guestId"]}")).Is(200);

        var answer = (await couch.Anyone.Post(
            "/couch/guests/kill", new { ids = new[] { one["guestId"], two["guestId"], Nobody, "no id", one["guestId"] } })).Is(200);

        Assert.Equal((1, 1), ((int)answer.Json["killed"]!, (int)answer.Json["alreadyEnded"]!));
        Assert.Equal(
            [(Nobody, "guest not found"), ("no id", "guest not found")],
            answer.Json["failed"]!.AsArray().Select(one => ((string)one!["id"]!, (string)one["error"]!)).Order());
        var killed = (await couch.Anyone.Get($"/couch/guests/{one["guestId"]}")).Is(200);
        Assert.Equal(("revoked", "killed", "loopback"), (killed["status"], killed["endReason"], (string?)killed.Json["killedWith"]!["name"]));
        Assert.Equal("provisioning", (await couch.Anyone.Get($"/couch/guests/{stays["guestId"]}"))["status"]);
    }

    [Fact]
    public async Task All_guests_are_killed_and_no_invite_with_them()
    {
        await using var couch = await CouchHost.Start();
        for (var guest = 0; guest < 30; guest++)
            await couch.Anyone.Arrive();
        var invite = await couch.Anyone.Invite();

        var would = (await couch.Anyone.Post("/couch/guests/kill", new { all = true, dryRun = true })).Is(200);
        Assert.Equal("""{"killed":30,"alreadyEnded":0,"failed":[]}""", would.Body);
        Assert.Equal(30, await Count(couch, "guests?status=provisioning"));
        Assert.Equal(would.Body, (await couch.Anyone.Post("/couch/guests/kill", new { all = true })).Is(200).Body);

        Assert.Equal(30, await Count(couch, "guests?status=revoked"));
        Assert.Equal("active", (await couch.Anyone.Get($"/couch/invites/{invite["id"]}"))["status"]);
        Assert.Equal(
            """{"killed":0,"alreadyEnded":0,"failed":[]}""", (await couch.Anyone.Post("/couch/guests/kill", new { all = true })).Is(200).Body);
    }

    [Fact]
    public async Task Only_those_whose_invite_says_so_are_ended()
    {
        await using var couch = await CouchHost.Start();
        var ours = await couch.Anyone.Arrive(new { createdBy = "ada", label = "nightly" });
        var other = await couch.Anyone.Arrive(new { createdBy = "ada", label = "daily" });
        var theirs = await couch.Anyone.Arrive(new { createdBy = "noah", label = "nightly" });
        string?[] ids = [ours["guestId"], other["guestId"], theirs["guestId"]];

        var would = (await couch.Anyone.Post("/couch/guests/kill", new { ids, createdBy = "ada", label = "nightly", dryRun = true })).Is(200);
        Assert.Equal(1, (int)would.Json["killed"]!);
        Assert.Equal(2, would.Json["failed"]!.AsArray().Count);
        Assert.Equal(
            """{"killed":2,"alreadyEnded":0,"failed":[]}""",
            (await couch.Anyone.Post("/couch/guests/kill", new { all = true, createdBy = "ada", dryRun = true })).Is(200).Body);
        Assert.Equal(would.Body, (await couch.Anyone.Post("/couch/guests/kill", new { ids, createdBy = "ada", label = "nightly" })).Is(200).Body);

        Assert.Equal("revoked", (await couch.Anyone.Get($"/couch/guests/{ours["guestId"]}"))["status"]);
        Assert.Equal("provisioning", (await couch.Anyone.Get($"/couch/guests/{other["guestId"]}"))["status"]);
        Assert.Equal("provisioning", (await couch.Anyone.Get($"/couch/guests/{theirs["guestId"]}"))["status"]);
    }

    [Fact]
    public async Task Invites_are_revoked()
    {
        await using var couch = await CouchHost.Start();
        var (one, two) = (await couch.Anyone.Invite(new { createdBy = "ada" }), await couch.Anyone.Invite());
        var guest = await couch.Anyone.Arrive();
        var redeemed = (string)(await couch.Anyone.Get($"/couch/guests/{guest["guestId"]}"))["inviteId"]!;

        Assert.Equal(
            """{"revoked":1,"alreadyEnded":1,"failed":[{"id":"x","error":"invite not found"}]}""",
            (await couch.Anyone.Post("/couch/invites/revoke", new { ids = new[] { one["id"], redeemed, "x" } })).Is(200).Body);
        Assert.Equal(
            """{"revoked":1,"alreadyEnded":0,"failed":[]}""",
            (await couch.Anyone.Post("/couch/invites/revoke", new { all = true })).Is(200).Body);
        Assert.Equal("revoked", (await couch.Anyone.Get($"/couch/invites/{two["id"]}"))["status"]);
        Assert.Equal("provisioning", (await couch.Anyone.Get($"/couch/guests/{guest["guestId"]}"))["status"]);
    }

    [Fact]
    public async Task Progress_comes_in_lines_and_the_last_is_the_result()
    {
        await using var couch = await CouchHost.Start();
        for (var guest = 0; guest < 5; guest++)
            await couch.Anyone.Arrive();

        var answer = (await couch.Anyone.Sending("Accept", "application/x-ndjson").Post("/couch/guests/kill", new { all = true })).Is(200);

        Assert.Equal("application/x-ndjson", answer.ContentHeaders.ContentType?.MediaType);
        var lines = answer.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("""{"killed":0,"alreadyEnded":0,"failed":[]}""", lines[0]);
        Assert.Equal("""{"killed":5,"alreadyEnded":0,"failed":[]}""", lines[^1]);
        Assert.All(lines, line => Assert.True((int)JsonNode.Parse(line)!["killed"]! <= 5));
    }

    [Theory]
    [InlineData("{}", "give either ids or \"all\": true")]
    [InlineData("""{"ids":["x"],"all":true}""", "give either ids or \"all\": true")]
    [InlineData("""{"all":false}""", "give either ids or \"all\": true")]
    [InlineData("""{"ids":[]}""", "ids must be 1 to 1000 ids")]
    [InlineData("""{"ids":[null]}""", "each of ids is required")]
    [InlineData("""{"ids":"x"}""", "ids has the wrong type, or is not valid text")]
    [InlineData("""{"all":"yes"}""", "all has the wrong type, or is not valid text")]
    [InlineData("""{"all":true,"createdBy":""}""", "createdBy must not be blank; leave it out to mean any")]
    [InlineData("""{"all":true,"label":" "}""", "label must not be blank; leave it out to mean any")]
    [InlineData("""{"all":true,"createdby":"noah"}""", "the body has a field that is not known here; names are spelled in one way, such as createdBy")]
    public async Task What_is_asked_is_checked(string body, string error)
    {
        await using var couch = await CouchHost.Start();
        var guest = await couch.Anyone.Arrive();
        foreach (var path in new[] { "/couch/guests/kill", "/couch/invites/revoke" })
            (await couch.Anyone.Post(path, body)).Refuses(400, error);
        Assert.Equal("provisioning", (await couch.Anyone.Get($"/couch/guests/{guest["guestId"]}"))["status"]);
    }

    [Fact]
    public async Task A_thousand_ids_are_taken_and_no_more()
    {
        await using var couch = await CouchHost.Start();
        var ids = Enumerable.Range(0, 1001).Select(number => $"01M856TMTR357368QFX5X4{number:D4}").ToArray();
        (await couch.Anyone.Post("/couch/guests/kill", new { ids })).Refuses(400, "ids must be 1 to 1000 ids");
        Assert.Equal(
            1000, (await couch.Anyone.Post("/couch/guests/kill", new { ids = ids[1..] })).Is(200).Json["failed"]!.AsArray().Count);
    }

    private static async Task<int> Count(CouchHost couch, string list) =>
        (int)(await couch.Anyone.Get($"/couch/{list}&limit=1000")).Is(200).Json["count"]!;
}
