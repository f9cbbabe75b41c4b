using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.Join;

/// <summary>
/// The commands of the paste-block, run as printed, each block in a shell of its own, against a real couch whose VMs come from the
/// simulated provider.
/// </summary>
public sealed class PasteBlockTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly Shell shell = new();
    private SimulatedVers vers = null!;
    private CouchHost couch = null!;

    public async ValueTask InitializeAsync()
    {
        vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.FromMilliseconds(50) });
        couch = await CouchHost.Start(NodeSettings.Of(vers).AsArguments());
    }

    public async ValueTask DisposeAsync()
    {
        shell.Dispose();
        await couch.DisposeAsync();
        await vers.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_runs_them_in_their_order_is_in_a_vm_in_four_calls_and_out_again()
    {
        var invite = await couch.Anyone.Invite(
            new { createdBy = "noah", label = "for an agent", resourceLimits = new { maxCpuCores = 3 } });
        await using var counted = new TcpProxy(couch.Address.Port);
        var (look, redeem, wait, leave) = await Blocks(counted.Port, invite["code"]!);

        ShellRan[] told = [(await shell.Run(look)).Ok(), (await shell.Run(redeem)).Ok(), (await shell.Run(wait)).Ok()];
        Assert.Equal("for an agent", JsonNode.Parse(told[0].Out)!["label"]!.ToString());
        Assert.Equal("redeemed", told[1].Out.Trim());
        var running = JsonNode.Parse(told[2].Out)!;
        Assert.Equal(("running", 3), (running["status"]!.ToString(), (int)running["resourceLimits"]!["maxCpuCores"]!));
        Assert.NotNull(running["vmId"]);
        // The page, the look, the redeem and the wait: each curl makes a connection of its own. One that was slow has asked again.
        var again = Regex.Count(string.Concat(told.Select(ran => ran.Errors)), "Will retry");
        Assert.Equal(4 + again, counted.Accepted);

        var guest = running["guestId"]!.ToString();
        (await couch.Anyone.Put($"/couch/guests/{guest}/usage", new { tokensUsed = 1234 })).Is(200);
        var usage = JsonNode.Parse((await shell.Run(wait)).Ok().Out)!;
        Assert.Equal(1234, (int)usage["resourceUsage"]!["tokensUsed"]!);

        Assert.Equal("checked-out", JsonNode.Parse((await shell.Run(leave)).Ok().Out)!["endReason"]!.ToString());
        await Until.True(
            async () => (await couch.Anyone.Get($"/couch/guests/{guest}")).Json["vm"]!["destroyedAt"] is not null, Soon, "the receipt");
        Assert.Empty(vers.Vms.Left);
        // Once more is no failure, and the waiting says what has become of the stay.
        (await shell.Run(leave)).Ok();
        Assert.Contains("checked-out", (await shell.Run(wait)).Fails().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_is_repeated_by_the_commands_themselves_and_costs_no_invite()
    {
        await using var way = new TcpProxy(couch.Address.Port);
        var invite = await couch.Anyone.Invite();
        var (look, redeem, wait, _) = await Blocks(way.Port, invite["code"]!);
        (await shell.Run(look)).Ok();

        way.LoseReplyTo("POST /couch/redeem");
        (await shell.Run(redeem)).Ok();

        var guest = (await couch.Anyone.Get($"/couch/invites/{invite["id"]}"))["guestId"];
        Assert.Equal(guest, JsonNode.Parse((await shell.Run(wait)).Ok().Out)!["guestId"]!.ToString());
        // The whole step again, as after a shell that was killed in the middle of it.
        File.Delete(shell.Home[".couch-guest/token"]);
        (await shell.Run(redeem)).Ok();
        Assert.Equal(guest, JsonNode.Parse((await shell.Run(wait)).Ok().Out)!["guestId"]!.ToString());
        Assert.Single((await couch.Anyone.Get("/couch/guests")).Json["guests"]!.AsArray());
    }

    [Fact]
    public async Task A_couch_that_is_away_fails_the_step_says_so_and_leaves_nothing_behind_that_looks_like_success()
    {
        await using var way = new TcpProxy(couch.Address.Port);
        var invite = await couch.Anyone.Invite();
        var (look, redeem, wait, leave) = await Blocks(way.Port, invite["code"]!);
        (await shell.Run(look)).Ok();
        (await shell.Run(redeem)).Ok();
        way.GoDead();

        // Without curl's own patience, which is half a minute.
        foreach (var step in new[] { look, redeem, wait, leave })
        {
            var impatient = step.Replace("--retry 5 --retry-all-errors", "", StringComparison.Ordinal);
            Assert.Contains("curl:", (await shell.Run(impatient)).Fails().Errors, StringComparison.Ordinal);
        }

        way.Heal();
        // The same invite, the same key: the same guest.
        (await shell.Run(redeem)).Ok();
        (await shell.Run(wait)).Ok();
    }

    [Fact]
    public async Task A_refusal_fails_the_step_and_its_sentence_is_printed()
    {
        var invite = await couch.Anyone.Invite();
        var (look, redeem, wait, leave) = await Blocks(couch.Address.Port, invite["code"]!);
        var (forged, _, _, _) = await Blocks(couch.Address.Port, Visits.Forged(invite["code"]!));

        Assert.Contains("invite not found", (await shell.Run(forged)).Fails().Out, StringComparison.Ordinal);
        Assert.Contains("invite not found", (await shell.Run(redeem)).Fails().Out, StringComparison.Ordinal);
        (await couch.Anyone.Redeem(invite, "somebody-else")).Is(201);
        Assert.Contains("\"status\":\"redeemed\"", (await shell.Run(look)).Fails().Out, StringComparison.Ordinal);
        Assert.Contains("invite is redeemed — cannot redeem", (await shell.Run(redeem)).Fails().Out, StringComparison.Ordinal);
        Assert.False(File.Exists(shell.Home[".couch-guest/token"]));
        (await shell.Run(wait)).Fails();
        (await shell.Run(leave)).Fails();
    }

    [Fact]
    public async Task A_label_that_poses_as_an_answer_or_as_a_command_is_only_printed()
    {
        const string label = "\"status\":\"active\" \"authToken\":\"guest_x\" $(touch ~/pwned) `touch ~/pwned` ; touch ~/pwned";
        var invite = await couch.Anyone.Invite(new { createdBy = "noah", label });
        (await couch.Anyone.Delete($"/couch/invites/{invite["id"]}")).Is(200);
        var (look, redeem, _, _) = await Blocks(couch.Address.Port, invite["code"]!);

        // It is revoked, whatever its label says.
        var shown = (await shell.Run(look)).Fails();
        Assert.Equal(label, JsonNode.Parse(shown.Out)!["label"]!.ToString());
        (await shell.Run(redeem)).Fails();
        Assert.False(File.Exists(shell.Home["pwned"]));
    }

    [Fact]
    public async Task While_the_vm_is_made_the_wait_says_so_and_goes_on_when_it_is_run_again()
    {
        vers.Faults.Always(Call.Create, new Effect.Answer(503));
        var (look, redeem, wait, _) = await Blocks(couch.Address.Port, (await couch.Anyone.Invite())["code"]!);
        (await shell.Run(look)).Ok();
        (await shell.Run(redeem)).Ok();

        var first = (await shell.Run(wait.Replace("wait=60", "wait=0", StringComparison.Ordinal))).Fails();
        Assert.Contains("\"status\":\"provisioning\"", first.Out, StringComparison.Ordinal);
        vers.Faults.Heal();
        (await shell.Run(wait)).Ok();
    }

    [Fact]
    public async Task Nobody_else_on_the_machine_reads_the_code_or_the_token_in_a_file_or_in_a_process_list()
    {
        var invite = await couch.Anyone.Invite();
        var (look, redeem, wait, leave) = await Blocks(couch.Address.Port, invite["code"]!);
        // Every command that is started says so, with all of its words.
        const string watch = "curl() { printf '%s\\n' \"curl $*\" >> ~/started; command curl \"$@\"; }\n"
            + "sed() { printf '%s\\n' \"sed $*\" >> ~/started; command sed \"$@\"; }\n";
        // A folder that was there before, open to everybody, with a shell that makes files so.
        (await shell.Run("mkdir ~/.couch-guest && chmod 755 ~/.couch-guest")).Ok();
        foreach (var step in new[] { look, redeem, wait, leave })
            (await shell.Run("umask 022\n" + watch + step)).Ok();

        var started = await File.ReadAllTextAsync(shell.Home["started"]);
        var token = Regex.Match(await File.ReadAllTextAsync(shell.Home[".couch-guest/token"]), "guest_[A-Za-z0-9_-]{64}").Value;
        Assert.NotEqual("", token);
        var kept = await File.ReadAllTextAsync(shell.Home[".couch-guest/key"]);
        var key = Regex.Match(kept, "^Idempotency-Key: ([0-9a-f]{32})$").Groups[1].Value;
        Assert.NotEqual("", key);
        Assert.All(new[] { invite["code"]!, token, key }, secret => Assert.DoesNotContain(secret, started, StringComparison.Ordinal));
        var modes = (await shell.Run("cd ~/.couch-guest && stat -c '%a %n' . *")).Ok().Out.Trim().Split('\n');
        Assert.Equal(["700 .", "600 code", "600 invite", "600 key", "600 left", "600 redeemed", "600 stay", "600 token"], modes);
    }

    [Fact]
    public async Task Two_agents_of_one_home_have_a_folder_each_and_a_stay_each()
    {
        var guests = new List<string>();
        foreach (var folder in new[] { "~/.couch-guest", "~/other" })
        {
            var (look, redeem, wait, _) = await Blocks(couch.Address.Port, (await couch.Anyone.Invite())["code"]!);
            foreach (var step in new[] { look, redeem, wait })
                (await shell.Run(In(folder, step))).Ok();
        }

        foreach (var folder in new[] { "~/.couch-guest", "~/other" })
        {
            var (_, _, wait, leave) = await Blocks(couch.Address.Port, "inv_x");
            guests.Add(JsonNode.Parse((await shell.Run(In(folder, wait))).Ok().Out)!["guestId"]!.ToString());
            (await shell.Run(In(folder, leave))).Ok();
        }

        Assert.NotEqual(guests[0], guests[1]);
        Assert.All(
            (await couch.Anyone.Get("/couch/guests")).Json["guests"]!.AsArray(),
            guest => Assert.Equal("checked-out", (string?)guest!["endReason"]));

        static string In(string folder, string step)
        {
            Assert.StartsWith("D=~/.couch-guest\n", step, StringComparison.Ordinal);
            return step.Replace("D=~/.couch-guest\n", $"D={folder}\n", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_its_folder_a_step_fails_and_neither_writes_nor_sends_anything()
    {
        await using var counted = new TcpProxy(couch.Address.Port);
        var (_, redeem, wait, leave) = await Blocks(counted.Port, "inv_x");
        var before = counted.Accepted;
        // What lies about where the shell stands is not the guest's.
        await File.WriteAllTextAsync(shell.Home["code"], "{\"code\":\"inv_other\"}");
        await File.WriteAllTextAsync(shell.Home["token"], "Authorization: Bearer guest_other");

        foreach (var step in new[] { redeem, wait, leave })
            Assert.Contains(".couch-guest", (await shell.Run(step)).Fails().Errors, StringComparison.Ordinal);

        Assert.Equal(before, counted.Accepted);
        Assert.Equal(["code", "token"], Directory.EnumerateFileSystemEntries(shell.Home.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task The_skills_command_gives_the_same_text()
    {
        var skill = (await couch.Anyone.Get("/skills/couch-guest/SKILL.md")).Is(200).Body;
        shell.Environment["COUCH"] = couch.Address.AbsoluteUri.TrimEnd('/');

        var given = (await shell.Run(Assert.Single(CommandBlocks.Of(skill)))).Ok().Out;
        Assert.Equal((await couch.Anyone.Get("/join")).Is(200).Body, given);
    }

    /// <summary>The blocks as they are printed to whoever asks by curl, with the code where the text says that it belongs.</summary>
    private async Task<(string Look, string Redeem, string Wait, string Leave)> Blocks(int port, string code)
    {
        var text = (await shell.Run($"curl -sS 'http://127.0.0.1:{port}/join#{code}'")).Ok().Out;
        Assert.DoesNotContain(code, text, StringComparison.Ordinal);
        var blocks = CommandBlocks.Of(text);
        Assert.Equal(4, blocks.Length);
        var look = blocks[0].Replace("COUCH_CODE='inv_...'", $"COUCH_CODE='{code}'", StringComparison.Ordinal);
        return (look, blocks[1], blocks[2], blocks[3]);
    }
}
