using System.Globalization;
using Couch.Cli.CommandLine;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>What a command's end says. The numbers are a promise to scripts.</summary>
public sealed class ExitCodeCliTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>, IDisposable
{
    private const string Nobody = "01JD9ZQ3V5B7C8D9E0F1G2H3J4";
    private readonly Person noah = new(couch.Address, KeyedCouchHost.Key);

    public void Dispose() => noah.Dispose();

    [Fact]
    public async Task It_is_0_where_all_was_done() => (await noah.Runs("invite", "create", "--label", "x")).Ends(0);

    [Theory]
    [InlineData("guest", "--help", "guest")]
    [InlineData("guest kil 01", "kil", "couch guest --help")]
    [InlineData("guest list --colour", "--colour", "couch guest list --help")]
    [InlineData("guest list --status asleep", "asleep", "couch guest list --help")]
    [InlineData("guest extend 01 2", "'2' is no time", "90m")]
    [InlineData("invite create --cpu much", "much", "--help")]
    [InlineData("redeem", "--name", "--help")]
    [InlineData("stay --wait 60d", "--wait is at most 30d", "--wait")]
    [InlineData("events --since NaNs", "'NaNs' is no time", "90m")]
    [InlineData("events --since 02/03/2026", "'02/03/2026' is no time", "2026-11-29T16:00Z")]
    [InlineData("guest list --context elsewhere", "elsewhere", "couch context list")]
    [InlineData("guest list --url nonsense", "nonsense", "https://")]
    [InlineData("guest list --key-file nowhere.txt", "nowhere.txt", "key")]
    [InlineData("invite create --duration 4000d", "maxDurationHours", "720")]
    public async Task It_is_2_where_the_command_is_wrong_and_says_what_and_what_next(string command, string what, string next)
    {
        var ran = await noah.Runs(command.Split(' '));

        ran.Refuses(2, what);
        Assert.Contains(next, ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("guest show " + Nobody, "guest not found")]
    [InlineData("guest show 01ZZZZ", "no guest's id begins with 01ZZZZ")]
    [InlineData("guest show ../keys", "no id of a guest")]
    [InlineData("invite revoke --yes " + Nobody, "invite not found")]
    [InlineData("key show " + Nobody, "key not found")]
    [InlineData("context use elsewhere", "there is no context")]
    public async Task It_is_3_where_there_is_no_such_thing(string command, string says) =>
        (await noah.Runs(command.Split(' '))).Refuses(3, says);

    [Theory]
    [InlineData("guest show {0}", 3)]
    [InlineData("guest kill {0} --yes", 3)]
    [InlineData("guest list --key-file {0}", 2)]
    [InlineData("guest list --status {0}", 2)]
    [InlineData("{0}", 2)]
    public async Task A_secret_in_the_wrong_place_is_not_repeated(string command, int ends)
    {
        foreach (var kind in new[] { "inv", "guest", "couch" })
        {
            var secret = $"{kind}_0123456789abcdefABCDEF-_0123456789";
            var ran = await noah.Runs(string.Format(CultureInfo.InvariantCulture, command, secret).Split(' '));

            ran.Ends(ends);
            Assert.DoesNotContain("0123456789", ran.Out + ran.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task It_is_3_for_a_code_that_is_not_genuine() =>
        (await noah.Pipes("inv_nonsense", "redeem", "--name", "guest-1")).Refuses(3, "invite not found");

    [Fact]
    public async Task It_is_4_where_the_key_is_missing_wrong_or_too_narrow()
    {
        using var stranger = new Person(couch.Address);
        (await stranger.Runs("guest", "list")).Refuses(4, "COUCH_AUTH_TOKEN");
        using var guesser = new Person(couch.Address, "a guess");
        (await guesser.Runs("guest", "list")).Refuses(4, "the key from COUCH_AUTH_TOKEN is not valid");
        var narrow = (await noah.Runs("key", "create", "--name", "meter", "--scope", "meter", "--quiet")).Ok().Out.Trim();
        using var meter = new Person(couch.Address, narrow);
        (await meter.Runs("guest", "list")).Refuses(4, "lacks the scope 'guests'");
    }

    [Fact]
    public async Task It_is_5_where_the_state_does_not_fit()
    {
        var invite = await couch.Host.Invite();
        var guest = (await couch.Host.Redeem(invite)).Is(201);

        (await noah.Pipes(invite["code"]!, "redeem", "--name", "guest-2")).Refuses(5, "invite is redeemed");
        (await noah.Runs("invite", "revoke", "--yes", invite["id"]!)).Refuses(5, "cannot revoke invite");
        (await noah.Runs("guest", "kill", "--yes", guest["guestId"]!)).Ok();
        (await noah.Runs("guest", "kill", "--yes", guest["guestId"]!)).Refuses(5, "guest already revoked");
        (await noah.Runs("guest", "extend", guest["guestId"]!, "2h")).Refuses(5, "guest already revoked");
        (await noah.Runs("guest", "activate", guest["guestId"]!, "--vm-id", "v", "--endpoint", "e")).Refuses(5, "cannot activate guest");
    }

    [Fact]
    public async Task It_is_6_over_a_limit()
    {
        var guest = await couch.Host.Arrive();
        (await noah.Runs("guest", "extend", guest["guestId"]!, "29d")).Refuses(6, "a stay must not exceed 720 hours");

        await using var busy = await StubServer.Start(context =>
        {
            (context.Response.StatusCode, context.Response.Headers.RetryAfter) = (429, "3600");
            context.Response.ContentType = "application/problem+json";
            return context.Response.WriteAsync("""{"error":"too many requests"}""");
        });
        using var person = new Person(busy.Address);
        (await person.Pipes("inv_x", "redeem", "--name", "guest-1")).Refuses(6, "ask again in 3600 s");
    }

    [Fact]
    public async Task It_is_7_where_it_may_have_been_done_and_says_to_look_first()
    {
        var guest = (await couch.Host.Arrive())["guestId"]!;
        await using var lossy = await TamperedCouch.Before(couch.Address);
        lossy.Answers($"/couch/guests/{guest}/extend", context => lossy.PassOn(context, isAnswerLost: true));
        noah.Environment["COUCH_URL"] = lossy.Address.AbsoluteUri;

        (await noah.Runs("guest", "extend", guest, "1h")).Refuses(7, "it may have been done: look first");
    }

    [Fact]
    public async Task It_is_0_for_help_that_nobody_reads_on()
    {
        var ran = (await noah.Scripts("couch --help | true; echo ${PIPESTATUS[0]}")).Ok();

        Assert.Equal(("0\n", ""), (ran.Out, ran.Error));
    }

    [Fact]
    public async Task It_is_7_where_nobody_answers()
    {
        using var person = new Person(new($"http://127.0.0.1:{FreePort.Find(1)[0]}"));

        (await person.Runs("guest", "list")).Refuses(7, "couch doctor");
    }

    [Fact]
    public async Task It_is_1_where_something_else_answers()
    {
        await using var page = await StubServer.Start(context => context.Response.WriteAsync("<h1>It works!</h1>"));
        using var person = new Person(page.Address);

        (await person.Runs("guest", "show", Nobody)).Refuses(1, "is the address right?");
    }

    [Fact]
    public async Task It_is_130_where_it_was_interrupted()
    {
        await using var following = noah.Starts("events", "--follow", "--since-id", "0");
        await couch.Host.Invite();
        await following.Until("couch.invite.created");

        Assert.Equal(130, (await following.Interrupted()).ExitCode);
    }

    [Fact]
    public async Task Help_and_docs_list_them_all()
    {
        var help = (await noah.Runs("--help")).Ok().Out;
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/cli.md"));

        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 130], ExitCode.All.Select(one => one.Code));
        Assert.All(ExitCode.All, one => Assert.Matches($@"\n  {one.Code} +{one.Meaning}\n", help));
        Assert.All(ExitCode.All, one => Assert.Contains($"| {one.Code} | {one.Meaning} |", page, StringComparison.Ordinal));
    }
}
