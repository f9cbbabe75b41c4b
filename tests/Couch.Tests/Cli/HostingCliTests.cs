using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>What a host does with invites and guests.</summary>
public sealed class HostingCliTests(CouchHost couch) : IClassFixture<CouchHost>, IDisposable
{
    private readonly Person noah = new(couch.Address);

    public void Dispose() => noah.Dispose();

    [Fact]
    public async Task An_invite_has_the_limits_that_were_said_and_the_couchs_own_otherwise()
    {
        var ran = (await noah.Runs(
            "invite", "create", "--created-by", "nina", "--label", "reviewers", "--duration", "90m", "--expires", "2d", "--cpu", "0.5",
            "--tokens", "1000", "--no-internet", "--sub-agents", "--enforcement", "report", "--json")).Ok();

        var (limits, may) = (ran.Json["resourceLimits"]!, ran.Json["permissions"]!);
        Assert.Equal("nina reviewers report", $"{ran.Json["createdBy"]} {ran.Json["label"]} {ran.Json["enforcement"]}");
        Assert.Equal(
            "1.5 0.5 1000 4096",
            $"{limits["maxDurationHours"]} {limits["maxCpuCores"]} {limits["maxTokenBudget"]} {limits["maxMemoryMB"]}");
        Assert.Equal((false, true, false), (
            (bool)may["canAccessInternet"]!, (bool)may["canSpawnSubAgents"]!, (bool)may["canAccessHostServices"]!));
        Assert.Equal(Environment.UserName, (await noah.Runs("invite", "create")).Ok().Rows[0]["createdBy"]);
    }

    [Fact]
    public async Task The_beginning_of_an_id_is_enough_where_no_other_begins_so()
    {
        var (first, second) = (await couch.Anyone.Arrive(), await couch.Anyone.Arrive());
        var (one, other) = (first["guestId"]!, second["guestId"]!);
        var common = string.Concat(one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Select(pair => pair.First));

        var beginning = one[..(common.Length + 1)];
        Assert.Equal(one, (await noah.Runs("guest", "show", beginning.ToLowerInvariant())).Ok().Rows[0]["id"]);
        (await noah.Runs("guest", "show", common)).Refuses(2, "write more of it");
        (await noah.Runs("guest", "kill", "--yes", common)).Refuses(2, "write more of it");
        Assert.Equal("revoked", (await noah.Runs("guest", "kill", "--yes", beginning)).Ok().Rows[0]["status"]);
    }

    [Fact]
    public async Task A_kill_asks_at_a_terminal_and_nowhere_else()
    {
        var guest = (await couch.Anyone.Arrive())["guestId"]!;

        (await noah.Runs("guest", "kill", guest)).Refuses(2, "--yes");
        var no = await noah.AtTerminal(200, "n\n", "guest", "kill", guest);
        Assert.Contains($"kill guest {guest} 'guest-1', which is provisioning? [y/N]", no.Ends(1).Out, StringComparison.Ordinal);
        Assert.Contains("nothing was done", no.Out, StringComparison.Ordinal);
        Assert.Equal("provisioning", (await couch.Anyone.Get($"/couch/guests/{guest}"))["status"]);
        (await noah.AtTerminal(200, "y\n", "guest", "kill", guest)).Ok();
        Assert.Equal("revoked", (await couch.Anyone.Get($"/couch/guests/{guest}"))["status"]);
    }

    [Fact]
    public async Task A_revocation_needs_to_be_agreed_to_as_well()
    {
        var invite = (await couch.Anyone.Invite())["id"]!;

        (await noah.Runs("invite", "revoke", invite)).Refuses(2, "--yes");
        Assert.Equal("active", (await noah.Runs("invite", "revoke", invite, "--dry-run")).Ok().Rows[0]["status"]);
        Assert.Equal("revoked", (await noah.Runs("invite", "revoke", invite, "--yes")).Ok().Rows[0]["status"]);
    }

    [Fact]
    public async Task A_guests_time_use_and_history_are_shown_and_changed()
    {
        var guest = await couch.Anyone.Arrive(
            new { createdBy = "noah", resourceLimits = new { maxDurationHours = 1, maxTokenBudget = 100 }, enforcement = "report" });
        var id = guest["guestId"]!;

        var later = (await noah.Runs("guest", "extend", id, "90m", "--json")).Ok();
        Assert.Equal(2.5, (double)later.Json["resourceLimits"]!["maxDurationHours"]!);
        Assert.Equal("true", (await noah.Runs("guest", "usage", id, "--tokens", "200", "--egress", "0.5")).Ok().Rows[0]["limitsExceeded"]);
        var usage = (await noah.Runs("guest", "usage", id)).Ok().Rows[0];
        Assert.Equal(("200", "0.5", "tokens: 200/100"), (usage["tokensUsed"], usage["networkEgressGB"], usage["violations"]));
        Assert.Equal("200", (await noah.Runs("guest", "show", id)).Ok().Rows[0]["usedPercent"]);
        Assert.Equal(
            ["invite.created", "invite.redeemed", "provision.failed", "guest.extended", "guest.limits_exceeded"],
            (await noah.Runs("guest", "history", id)).Ok().Rows.Select(row => row["type"]["couch.".Length..]));
    }

    [Fact]
    public async Task A_host_waits_for_a_guest()
    {
        var id = (await couch.Anyone.Arrive())["guestId"]!;
        (await noah.Runs("guest", "wait", id, "--for", "running", "--timeout", "1s")).Refuses(1, "the guest is provisioning");

        await using var waiting = noah.Starts("guest", "wait", id, "--for", "running", "--quiet");
        (await noah.Runs("guest", "activate", id, "--vm-id", "vm-1", "--endpoint", "http://10.0.0.1")).Ok();
        Assert.Equal(id, await waiting.Line());
        Assert.Equal(0, (await waiting.Ended()).ExitCode);

        (await noah.Runs("guest", "kill", id, "--yes")).Ok();
        (await noah.Runs("guest", "wait", id, "--for", "ended")).Ok();
        (await noah.Runs("guest", "wait", id, "--for", "running")).Refuses(1, "it has ended (killed)");
        (await noah.Runs("guest", "wait", id, "--for", "destroyed")).Refuses(1, "the VM was given by hand and is left as it is");

        var without = (await couch.Anyone.Arrive())["guestId"]!;
        (await noah.Runs("guest", "kill", without, "--yes")).Ok();
        (await noah.Runs("guest", "wait", without, "--for", "destroyed")).Ok();
    }

    [Fact]
    public async Task Lists_are_filtered()
    {
        await couch.Anyone.Arrive(new { createdBy = "noah" });
        var ended = (await couch.Anyone.Arrive())["guestId"]!;
        (await couch.Anyone.Delete($"/couch/guests/{ended}")).Is(200);

        Assert.Contains((await noah.Runs("guest", "list", "--status", "revoked")).Ok().Rows, row => row["id"] == ended);
        Assert.DoesNotContain((await noah.Runs("guest", "list", "--status", "provisioning")).Ok().Rows, row => row["id"] == ended);
    }

    [Fact]
    public async Task A_name_that_begins_with_an_at_sign_is_a_name() =>
        Assert.Equal("@noah", (await noah.Runs("invite", "create", "--created-by", "@noah")).Ok().Rows[0]["createdBy"]);
}
