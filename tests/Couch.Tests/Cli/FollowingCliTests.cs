using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>Events and lists that go on, also over the death of a couch.</summary>
public sealed class FollowingCliTests : IDisposable
{
    private readonly TemporaryFolder data = new();
    private readonly Person noah = new();

    public void Dispose()
    {
        data.Dispose();
        noah.Dispose();
    }

    [Fact]
    public async Task Events_are_read_and_filtered()
    {
        await using var couch = await CouchHost.Start();
        using var person = new Person(couch.Address);
        var guest = await couch.Anyone.Arrive();
        await couch.Anyone.Delete($"/couch/guests/{guest["guestId"]}");

        var all = (await person.Runs("events")).Ok();
        Assert.Equal("couch.invite.created", all.Rows[0]["type"]);
        Assert.Equal(
            ["couch.guest.killed"], (await person.Runs("events", "--type", "couch.guest.*")).Ok().Rows.Select(row => row["type"]));
        Assert.Single((await person.Runs("events", "--type", "couch.key.revoked")).Ok().Lines);
        Assert.Equal(2, (await person.Runs("events", "--limit", "2")).Ok().Rows.Count);
        Assert.Equal(all.Rows.Count - 1, (await person.Runs("events", "--since-id", all.Rows[0]["id"])).Ok().Rows.Count);
        foreach (var since in new[] { "1h", "2026-01-31", "2026-01-31T12:00Z", "2026-01-31T12:00:00.5+02:00" })
            Assert.Equal(all.Rows.Count, (await person.Runs("events", "--since", since)).Ok().Rows.Count);
        Assert.All(
            (await person.Runs("events", "--json")).Ok().Lines,
            line => Assert.StartsWith("couch.", (string)JsonNode.Parse(line)!["type"]!, StringComparison.Ordinal));
        (await person.Runs("events", "--since", "soon")).Refuses(2, "'soon' is no time");
    }

    [Fact]
    public async Task Following_survives_the_death_of_the_couch_and_misses_and_repeats_nothing()
    {
        await using var couch = await CouchProcess.Start(new() { ["COUCH_DATA_DIR"] = data["data"] });
        noah.Environment["COUCH_URL"] = couch.Http.BaseAddress!.AbsoluteUri;
        await using var following = noah.Starts("events", "--follow", "--since-id", "0", "--json", "--type", "couch.invite.created");

        var before = await Invite(couch);
        Assert.Contains(before, await following.Line(), StringComparison.Ordinal);
        await couch.KillHard();
        await couch.StartAgain();
        var after = await Invite(couch);

        Assert.Contains(after, await following.Line(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_ends_when_its_reader_has_had_enough()
    {
        await using var couch = await CouchHost.Start();
        using var person = new Person(couch.Address);
        await couch.Anyone.Invite();

        var reading = person.Scripts("couch events --follow --since-id 0 | head -1; echo ${PIPESTATUS[0]}");
        // Only what is written finds out that nobody reads.
        await Until.True(
            async () =>
            {
                await couch.Anyone.Invite();
                return reading.IsCompleted;
            },
            TimeSpan.FromSeconds(30), "it ends");

        Assert.Equal("0", (await reading).Ok().Lines[^1]);
    }

    [Fact]
    public async Task A_watched_list_survives_the_death_of_the_couch()
    {
        await using var couch = await CouchProcess.Start(new() { ["COUCH_DATA_DIR"] = data["data"] });
        noah.Environment["COUCH_URL"] = couch.Http.BaseAddress!.AbsoluteUri;
        var early = await Arrive(couch, "early");
        await using var watching = noah.Starts("guest", "list", "--watch", "--json");
        Assert.Contains(early, await watching.Line(), StringComparison.Ordinal);

        var seen = await Arrive(couch, "seen");
        Assert.Contains(seen, (await watching.Until("\"seen\""))[^1], StringComparison.Ordinal);
        await couch.KillHard();
        await couch.StartAgain();
        using (await couch.Http.DeleteAsync(new Uri($"/couch/guests/{seen}", UriKind.Relative)))
        {
        }

        Assert.Contains(seen, (await watching.Until("\"revoked\""))[^1], StringComparison.Ordinal);
        Assert.Equal(130, (await watching.Interrupted()).ExitCode);
    }

    [Fact]
    public async Task A_watched_list_at_a_terminal_is_painted_over()
    {
        await using var couch = await CouchHost.Start();
        using var person = new Person(couch.Address);
        await couch.Anyone.Arrive();

        await using var watching = person.StartsAtTerminal(100, "guest", "list", "--watch");
        await watching.Until("guest-1");
        await couch.Anyone.Redeem(await couch.Anyone.Invite(), "guest-2");

        Assert.Contains(await watching.Until("guest-2"), line => line.Contains("\e[2A", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_watched_list_that_is_full_has_those_who_stay()
    {
        await using var couch = await CouchHost.Start();
        using var person = new Person(couch.Address);
        await couch.Anyone.Redeem(await couch.Anyone.Invite(), "elder");
        var gone = (await couch.Anyone.Redeem(await couch.Anyone.Invite(), "younger"))["guestId"];
        await couch.Anyone.Delete($"/couch/guests/{gone}");

        await using var watching = person.StartsAtTerminal(100, "guest", "list", "--watch", "--limit", "1");

        Assert.DoesNotContain(await watching.Until("elder"), line => line.Contains("younger", StringComparison.Ordinal));
    }

    private static async Task<string> Invite(CouchProcess couch) =>
        (string)(await couch.Post("/couch/invites", new { createdBy = "noah" }))["id"]!;

    private static async Task<string> Arrive(CouchProcess couch, string name)
    {
        var invite = await couch.Post("/couch/invites", new { createdBy = "noah" });
        return (string)(await couch.Post("/couch/redeem", new { code = (string)invite["code"]!, name }))["guestId"]!;
    }
}
