using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>Many at once: counted first, agreed to, and told as it goes.</summary>
public sealed class ManyCliTests(CouchHost couch) : IClassFixture<CouchHost>, IAsyncLifetime
{
    private readonly Person noah = new();
    private readonly List<JsonNode> orders = [];
    private TamperedCouch many = null!;

    public async ValueTask InitializeAsync()
    {
        many = await TamperedCouch.Before(couch.Address);
        many.Answers("/couch/guests/kill", context => Obey(context, "killed"));
        many.Answers("/couch/invites/revoke", context => Obey(context, "revoked"));
        noah.Environment["COUCH_URL"] = many.Address.AbsoluteUri;
    }

    public async ValueTask DisposeAsync()
    {
        await many.DisposeAsync();
        noah.Dispose();
    }

    [Fact]
    public async Task A_dry_run_counts_and_does_nothing()
    {
        var ran = (await noah.Runs("guest", "kill", "--all", "--label", "x", "--created-by", "noah", "--dry-run")).Ok();

        Assert.Equal("3", ran.Rows[0]["killed"]);
        Assert.Contains("this would kill 3 guests", ran.Error, StringComparison.Ordinal);
        var order = Assert.Single(orders);
        Assert.Equal("""{"all":true,"createdBy":"noah","label":"x","dryRun":true}""", order.ToJsonString());
    }

    [Theory, InlineData("guest", "kill", "killed"), InlineData("invite", "revoke", "revoked")]
    public async Task Without_a_terminal_it_needs_yes_and_counts_before(string noun, string verb, string done)
    {
        (await noah.Runs(noun, verb, "--all")).Refuses(2, "--yes");
        Assert.All(orders, order => Assert.True((bool)order["dryRun"]!));

        var ran = (await noah.Runs(noun, verb, "--all", "--yes")).Ok();
        Assert.Equal("3", ran.Rows[0][done]);
        Assert.Equal("""{"all":true}""", orders[^1].ToJsonString());
    }

    [Fact]
    public async Task At_a_terminal_it_says_how_many_and_asks()
    {
        var no = (await noah.AtTerminal(100, "n\n", "guest", "kill", "--all")).Ends(1);
        Assert.Contains("kill 3 guests? [y/N]", no.Out, StringComparison.Ordinal);
        Assert.All(orders, order => Assert.True((bool)order["dryRun"]!));
        (await noah.AtTerminal(100, "y\n", "guest", "kill", "--all")).Ok();
        Assert.Null(orders[^1]["dryRun"]);
    }

    [Fact]
    public async Task Progress_is_a_line_of_JSON_each_and_what_failed_is_named()
    {
        many.Answers("/couch/guests/kill", context => Obey(context, "killed", """[{"id":"01JD9ZQ3V5B7C8D9E0F1G2H3J4","error":"odd"}]"""));

        var ran = (await noah.Runs("guest", "kill", "--all", "--yes", "--json")).Ends(1);

        Assert.Equal([1, 3], ran.Lines.Select(line => (int)JsonNode.Parse(line)!["killed"]!));
        Assert.Contains("01JD9ZQ3V5B7C8D9E0F1G2H3J4: odd", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_of_a_label_are_ended_and_no_others()
    {
        noah.Environment["COUCH_URL"] = couch.Address.AbsoluteUri;
        var (one, other) = ((await couch.Anyone.Arrive(new { createdBy = "noah", label = "many" }))["guestId"]!,
            (await couch.Anyone.Arrive(new { createdBy = "noah", label = "many" }))["guestId"]!);
        var stays = (await couch.Anyone.Arrive(new { createdBy = "noah", label = "few" }))["guestId"]!;
        var open = (await couch.Anyone.Invite(new { createdBy = "noah", label = "many" }))["id"]!;

        Assert.Equal("2", (await noah.Runs("guest", "kill", "--all", "--label", "many", "--yes")).Ok().Rows[0]["killed"]);
        Assert.Equal("1", (await noah.Runs("invite", "revoke", "--all", "--label", "many", "--yes")).Ok().Rows[0]["revoked"]);

        foreach (var (guest, status) in new[] { (one, "revoked"), (other, "revoked"), (stays, "provisioning") })
            Assert.Equal(status, (await noah.Runs("guest", "show", guest)).Ok().Rows[0]["status"]);
        Assert.Equal("revoked", (await noah.Runs("invite", "show", open)).Ok().Rows[0]["status"]);
        var again = (await noah.Runs("guest", "kill", "--all", "--label", "many", "--yes")).Ok();
        Assert.Contains("there are no guests to kill", again.Error, StringComparison.Ordinal);
        Assert.Equal([stays], (await noah.Runs("guest", "list", "--label", "few", "--quiet")).Ok().Lines);
        Assert.NotEqual("0", (await noah.Runs("summary")).Ok().Rows[0]["guests.revoked"]);
    }

    [Fact]
    public async Task One_by_its_id_must_fit_the_filters_too()
    {
        noah.Environment["COUCH_URL"] = couch.Address.AbsoluteUri;
        var stays = (await couch.Anyone.Arrive(new { createdBy = "noah", label = "quiet" }))["guestId"]!;
        var open = (await couch.Anyone.Invite(new { createdBy = "noah", label = "quiet" }))["id"]!;

        var other = (await noah.Runs("guest", "kill", stays, "--label", "loud", "--yes")).Ends(1);
        Assert.Contains("guest not found with this createdBy and label", other.Error, StringComparison.Ordinal);
        (await noah.Runs("guest", "kill", stays, "--created-by", "nina", "--yes")).Ends(1);
        (await noah.Runs("invite", "revoke", open, "--label", "loud", "--yes")).Ends(1);

        Assert.Equal("provisioning", (await noah.Runs("guest", "show", stays)).Ok().Rows[0]["status"]);
        Assert.Equal("active", (await noah.Runs("invite", "show", open)).Ok().Rows[0]["status"]);
        (await noah.Runs("guest", "kill", stays, "--label", "quiet", "--yes")).Ok();
        Assert.Equal("revoked", (await noah.Runs("guest", "show", stays)).Ok().Rows[0]["status"]);
    }

    [Fact]
    public async Task Several_ids_are_one_order_and_their_beginnings_are_enough()
    {
        var (first, second) = ((await couch.Anyone.Arrive())["guestId"]!, (await couch.Anyone.Arrive())["guestId"]!);

        (await noah.Runs("guest", "kill", first[..25], second, "--yes")).Ok();

        Assert.Equal($$"""{"ids":["{{first}}","{{second}}"]}""", orders[^1].ToJsonString());
    }

    [Fact]
    public async Task Ids_or_all_but_not_both_and_not_neither()
    {
        (await noah.Runs("guest", "kill", "--yes")).Refuses(2, "either ids, or --all");
        (await noah.Runs("invite", "revoke", "--all", "01JD9ZQ3V5B7C8D9E0F1G2H3J4", "--yes")).Refuses(2, "either ids, or --all");
        (await noah.Runs("guest", "kill", "--label", "x", "--yes")).Refuses(2, "either ids, or --all");
        Assert.Empty(orders);
    }

    [Fact]
    public async Task A_couch_that_knows_no_such_call_is_said_to_be_older()
    {
        many.Answers("/couch/guests/kill", 405, """{"error":"method not allowed"}""");
        many.Answers("/couch/summary", 404, """{"error":"not found"}""");

        (await noah.Runs("guest", "kill", "--all", "--yes")).Refuses(1, "older than this command");
        (await noah.Runs("summary")).Refuses(1, "older than this command");
    }

    [Fact]
    public async Task A_summary_says_what_is_owed()
    {
        many.Owes("""{"destroysOutstanding":2,"oldestDestroySeconds":90.5,"unclaimedVms":null,"provisioningOverAMinute":1}""");

        var row = (await noah.Runs("summary")).Ok().Rows[0];

        Assert.Equal(("2", "90.5"), (row["owed.destroysOutstanding"], row["owed.oldestDestroySeconds"]));
        Assert.Equal(("", "1"), (row["owed.unclaimedVms"], row["owed.provisioningOverAMinute"]));
    }

    /// <summary>As the couch answers: what it would do; or what it has done, in parts for whom that was asked.</summary>
    private async Task Obey(HttpContext context, string done, string failed = "[]")
    {
        var order = (await JsonNode.ParseAsync(context.Request.Body))!;
        orders.Add(order);
        string Answer(int count) => $$"""{"{{done}}":{{count}},"alreadyEnded":1,"failed":{{(count == 3 ? failed : "[]")}}}""";
        var inParts = context.Request.Headers.Accept.ToString().Contains("x-ndjson", StringComparison.Ordinal);
        context.Response.ContentType = inParts ? "application/x-ndjson" : "application/json";
        await context.Response.WriteAsync(inParts ? $"{Answer(1)}\n{Answer(3)}\n" : Answer(3));
    }
}
