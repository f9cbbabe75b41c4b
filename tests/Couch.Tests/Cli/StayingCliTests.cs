using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>A guest's whole way, by its own commands.</summary>
public sealed class StayingCliTests(CouchHost couch) : IClassFixture<CouchHost>, IDisposable
{
    private readonly Person guest = new(couch.Address);

    public void Dispose() => guest.Dispose();

    [Fact]
    public async Task Redeem_prints_the_token_and_nothing_else_on_standard_output()
    {
        var invite = await couch.Anyone.Invite();

        var ran = (await guest.Pipes(invite["code"]!, "redeem", "--name", "agent-1", "--no-wait")).Ok();

        Assert.Matches("^guest_[A-Za-z0-9_-]+\n$", ran.Out);
        Assert.DoesNotContain(ran.Out.Trim(), ran.Error, StringComparison.Ordinal);
        (await couch.Anyone.Get($"/couch/status?token={ran.Out.Trim()}")).Is(200);
    }

    [Fact]
    public async Task Redeem_waits_until_the_guest_runs_and_says_its_endpoint()
    {
        var invite = await couch.Anyone.Invite();
        var code = guest.File("code", invite["code"]!);
        await using var redeeming = guest.Starts("redeem", "--name", "agent-2", "--code-file", code, "--json");
        var redeemed = JsonNode.Parse(await redeeming.Line())!;
        Assert.Equal("provisioning", (string)JsonNode.Parse(await redeeming.Line())!["status"]!);

        (await guest.Runs("guest", "activate", (string)redeemed["guestId"]!, "--vm-id", "vm-7", "--endpoint", "http://10.0.0.7:8080")).Ok();

        var running = JsonNode.Parse(await redeeming.Line())!;
        Assert.Equal(("running", "http://10.0.0.7:8080"), ((string)running["status"]!, (string)running["agentEndpoint"]!));
        var ran = await redeeming.Ended();
        Assert.Equal(0, ran.ExitCode);
        Assert.Contains("endpoint: http://10.0.0.7:8080", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_has_a_bound_and_the_token_is_printed_all_the_same()
    {
        var invite = await couch.Anyone.Invite();

        var ran = (await guest.Pipes(invite["code"]!, "redeem", "--name", "agent-3", "--wait", "1s")).Ends(1);

        Assert.StartsWith("guest_", ran.Out, StringComparison.Ordinal);
        Assert.Contains("still provisioning after 1s", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_goes_on_over_a_couch_that_is_away_and_says_so_once()
    {
        var arrived = await couch.Anyone.Arrive();
        var id = arrived["guestId"]!;
        await using var away = await TamperedCouch.Before(couch.Address);
        foreach (var path in new[] { "/couch/status", $"/couch/guests/{id}" })
        {
            var asked = 0;
            // More often than the client asks again by itself, twice.
            away.Answers(path, context =>
            {
                if (Interlocked.Increment(ref asked) > 9)
                    return away.PassOn(context);
                context.Response.StatusCode = 503;
                return Task.CompletedTask;
            });
        }

        (await guest.Runs("guest", "activate", id, "--vm-id", "v", "--endpoint", "http://10.0.0.7:8080")).Ok();
        guest.Environment["COUCH_TOKEN"] = arrived["authToken"]!;
        guest.Environment["COUCH_URL"] = away.Address.AbsoluteUri;

        foreach (var command in new[] { "stay --wait 30s", $"guest wait {id} --for running --timeout 30s" })
        {
            var ran = (await guest.Runs(command.Split(' '))).Ok();
            Assert.Equal("running", ran.Rows[0]["status"]);
            Assert.Equal(2, ran.Error.Split("the couch does not answer").Length);
        }
    }

    [Fact]
    public async Task The_same_idempotency_key_gives_the_same_token()
    {
        var code = guest.File("code", (await couch.Anyone.Invite())["code"]!);
        string[] redeem = ["redeem", "--name", "agent-4", "--code-file", code, "--no-wait", "--idempotency-key", "once"];

        Assert.Equal((await guest.Runs(redeem)).Ok().Out, (await guest.Runs(redeem)).Ok().Out);
    }

    [Fact]
    public async Task A_lost_answer_says_how_the_same_one_can_be_had()
    {
        using var stranded = new Person(new($"http://127.0.0.1:{FreePort.Find(1)[0]}"));

        Assert.Matches("add --idempotency-key [0-9a-f]{32}", (await stranded.Pipes("inv_x", "redeem", "--name", "x")).Ends(7).Error);
    }

    [Fact]
    public async Task A_guest_sees_its_stay_and_checks_out()
    {
        var arrived = await couch.Anyone.Arrive();
        guest.Environment["COUCH_TOKEN"] = arrived["authToken"]!;

        Assert.Equal(arrived["guestId"], (await guest.Runs("stay")).Ok().Rows[0]["guestId"]);
        Assert.Equal("provisioning", (string)(await guest.Runs("stay", "--json")).Ok().Json["status"]!);
        Assert.Equal("checked-out", (await guest.Runs("checkout")).Ok().Rows[0]["endReason"]);
        (await guest.Runs("stay")).Refuses(3, "the stay has ended (checked-out)");
    }

    [Fact]
    public async Task A_guests_token_comes_from_the_flag_before_the_environment_and_is_asked_for_where_there_is_none()
    {
        var arrived = await couch.Anyone.Arrive();
        (await guest.Runs("stay")).Refuses(2, "COUCH_TOKEN");
        guest.Environment["COUCH_TOKEN"] = " ";
        (await guest.Runs("stay")).Refuses(2, "there is no guest's token");
        guest.Environment["COUCH_TOKEN"] = "guest_nonsense";
        (await guest.Runs("stay")).Refuses(3, "invalid or expired token");

        (await guest.Pipes(arrived["authToken"]!, "stay", "--token-file", "-")).Ok();
        (await guest.Runs("stay", "--token-file", guest.File("token", arrived["authToken"]!))).Ok();
    }

    [Fact]
    public async Task An_invite_goes_through_a_pipe_to_its_guest()
    {
        var ran = (await guest.Scripts("couch invite create --code-only | couch redeem --name agent-5 --no-wait")).Ok();

        Assert.StartsWith("guest_", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_that_is_typed_at_a_terminal_is_not_shown()
    {
        var invite = await couch.Anyone.Invite();

        await using var redeeming = guest.StartsAtTerminal(100, "redeem", "--name", "agent-6", "--no-wait");
        await redeeming.Answers("The invite's code: ", invite["code"] + "\r");

        var ran = await redeeming.Ended();
        Assert.Equal(0, ran.ExitCode);
        Assert.Contains("guest_", ran.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(invite["code"]!, ran.Out, StringComparison.Ordinal);
    }
}
