using System.Text.RegularExpressions;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Xunit;
using static Couch.Tests.Vms.GuideAtHand;

namespace Couch.Tests.Nodes;

/// <summary>
/// Agents that know nothing but what <c>/join</c> says and how to run a shell command, through the balancer, while a node is killed.
/// </summary>
public sealed class ScriptedAgentTests
{
    private const int Agents = 20;

    /// <summary>A guest whose node dies while its VM is made waits for more than a minute, so that it never has two.</summary>
    private const int MostTries = 20;

    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Twenty_of_twenty_get_in_and_out_while_a_node_is_killed()
    {
        await using var database = await PostgresServer.NewDatabase();
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.FromMilliseconds(300) });
        var port = FreePort.Find(1)[0];
        var couch = $"http://127.0.0.1:{port}";
        var environment = NodeSettings.Of(database.ConnectionString).And(NodeSettings.Of(vers)).And(new Dictionary<string, string>
        {
            ["COUCH_AUTH_TOKEN"] = KeyedCouchHost.Key, ["COUCH_VERS_DEDICATED"] = "true", ["COUCH_PUBLIC_URL"] = couch,
        });
        await using var first = await CouchProcess.Start(environment);
        await using var second = await CouchProcess.Start(environment);
        await using var third = await CouchProcess.Start(environment);
        await using var balancer = await HaProxy.StartAt(port, first.Port, second.Port, third.Port);
        var host = balancer.Anyone.Sending("Authorization", $"Bearer {KeyedCouchHost.Key}");
        var links = new List<string>();
        for (var agent = 0; agent < Agents; agent++)
        {
            var invite = await Until.Gives(
                () => host.Post("/couch/invites", new { createdBy = "noah" }), made => made.Status is 201, Quiet, "an invite");
            links.Add($"{couch}/join#{invite["code"]}");
        }

        var redeemed = 0;
        var kill = Task.Run(async () =>
        {
            await Until.True(() => Task.FromResult(Volatile.Read(ref redeemed) >= 3), Quiet, "the first have redeemed");
            await second.KillHard();
        });
        var stays = await Task.WhenAll(links.Select(link => Stay(link, () => Interlocked.Increment(ref redeemed))));
        await kill;

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{stays.Count(tries => tries is not null)} of {Agents}; commands run again: {stays.Sum(tries => tries ?? 0)}");
        Assert.DoesNotContain(null, stays);
        await Until.True(() => Task.FromResult(vers.Vms.Left.All(vm => vm.Guest is null)), Quiet, "no guest has a VM any more");
        Assert.InRange(vers.Vms.MostClaimedByOneGuest, 1, 1);
        var guests = (await Until.Gives(() => host.Get("/couch/guests?limit=1000"), list => list.Status is 200, Quiet, "the list"))
            .Json["guests"]!.AsArray();
        Assert.Equal(Agents, guests.Count);
        Assert.All(guests, guest => Assert.Equal("checked-out", (string?)guest!["endReason"]));
        // Each had the guide of its own stay in its VM.
        Assert.Equal(
            guests.Select(guest => (string?)guest!["id"]).Order(),
            vers.Vms.All.Where(vm => vm.Files.ContainsKey(Env)).Select(vm => GuestOf(vm.Files[Env], couch)).Distinct().Order());
    }

    private static string GuestOf(string env, string couch)
    {
        var found = Regex.Match(
            env, $"^COUCH_URL='{Regex.Escape(couch)}'\nCOUCH_GUEST_ID='([0-9A-Z]{{26}})'\nCOUCH_TOKEN='guest_[^']+'\n$");
        Assert.True(found.Success, "the guide names the couch, the guest and a token");
        return found.Groups[1].Value;
    }

    /// <summary>
    /// One agent: asks for its link, and runs what it is given, each step until it is done. It knows the text's own rule alone: a step
    /// whose exit code is not 0 may be run again.
    /// </summary>
    /// <returns>How many times it ran a step again; null where it gave up.</returns>
    private static async Task<int?> Stay(string link, Action hasRedeemed)
    {
        using var shell = new Shell();
        var (address, code) = (link.Split('#')[0], link.Split('#')[1]);
        var again = 0;
        string text;
        do
        {
            text = (await shell.Run($"curl -sS --retry 5 --retry-all-errors --retry-max-time 60 -m 30 '{address}'")).Out;
        }
        while (CommandBlocks.Of(text).Length is 0 && again++ < MostTries);

        var steps = CommandBlocks.Of(text);
        for (var step = 0; step < steps.Length; step++)
        {
            // What the text says of the code.
            var script = steps[step].Replace("COUCH_CODE='inv_...'", $"COUCH_CODE='{code}'", StringComparison.Ordinal);
            var tries = 0;
            while ((await shell.Run(script)).Exit is not 0)
            {
                if (++tries > MostTries)
                    return null;
            }

            again += tries;
            if (step is 1)
                hasRedeemed();
        }

        return steps.Length is 4 ? again : null;
    }
}
