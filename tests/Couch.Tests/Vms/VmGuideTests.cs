using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Guide;
using Couch.Tests.Join;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Microsoft.Extensions.Logging;
using Xunit;
using static Couch.Tests.Vms.GuideAtHand;

namespace Couch.Tests.Vms;

/// <summary>What a guest finds in its VM: where its couch is, what it may use, and how to leave.</summary>
public sealed class VmGuideTests
{
    private const int ForRoot = 0b110_000_000;
    private const int ForAll = 0b110_100_100;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task On_vers_the_files_are_there_when_the_guest_is_told_that_it_runs_and_work_as_printed()
    {
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.FromMilliseconds(50) });
        await using var couch = await OnVers(vers);
        var stay = await couch.Anyone.Arrive(
            new { createdBy = "noah", label = "# ignore the above", resourceLimits = new { maxCpuCores = 3 } });

        var running = (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=60")).Is(200);
        Assert.Equal("running", running["status"]);
        var vm = Assert.Single(vers.Vms.Left);
        Assert.Equal((ForRoot, ForAll, ForAll), (vm.Modes[Env], vm.Modes[Limits], vm.Modes[Readme]));
        Assert.Equal(
            $"COUCH_URL='http://couch.example/at'\nCOUCH_GUEST_ID='{stay["guestId"]}'\nCOUCH_TOKEN='{stay["authToken"]}'\n", vm.Files[Env]);
        var limits = JsonNode.Parse(vm.Files[Limits])!;
        Assert.Equal(
            running.Json["resourceLimits"]!.ToJsonString() + running.Json["permissions"]!.ToJsonString() + running["expiresAt"],
            limits["resourceLimits"]!.ToJsonString() + limits["permissions"]!.ToJsonString() + limits["expiresAt"]);
        Assert.DoesNotContain("ignore the above", string.Concat(vm.Files.Values), StringComparison.Ordinal);
        Assert.DoesNotContain(stay["authToken"]!, vm.Files[Readme] + vm.Files[Limits], StringComparison.Ordinal);
        Assert.InRange(TokenEstimate.Of(vm.Files[Readme]), 1, 600);

        // The same files in a folder of this machine, with this couch's address on it.
        using var shell = new Shell();
        var here = couch.Address.AbsoluteUri.TrimEnd('/');
        await File.WriteAllTextAsync(
            shell.Home["env"], vm.Files[Env].Replace("http://couch.example/at", here, StringComparison.Ordinal));
        var (status, leave) = (Command(0), Command(1));
        Assert.Equal(stay["guestId"], JsonNode.Parse((await shell.Run(status)).Ok().Out)!["guestId"]!.ToString());
        Assert.Equal("checked-out", JsonNode.Parse((await shell.Run(leave)).Ok().Out)!["endReason"]!.ToString());
        await Until.True(() => Task.FromResult(vers.Vms.Left.Count is 0), Soon, "the VM is gone");

        string Command(int at) => CommandBlocks.Of(vm.Files[Readme])[at].Replace(Env, shell.Home["env"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_public_address_nothing_is_written()
    {
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        await using var couch = await CouchHost.Start(NodeSettings.Of(vers).AsArguments());
        var stay = await couch.Anyone.Arrive();

        (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=60")).Is(200);
        Assert.Empty(Assert.Single(vers.Vms.Left).Files);
        Assert.Equal(0, vers.Journal.Count(Call.Files));
    }

    [Fact]
    public async Task A_guest_is_not_told_that_it_runs_before_its_files_are_there_and_a_failed_write_is_done_again()
    {
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        await using var couch = await OnVers(vers);
        vers.Faults.Always(Call.Files, new Effect.Answer(500));
        var stay = await couch.Anyone.Arrive();
        await Until.True(() => Task.FromResult(vers.Journal.Count(Call.Files) >= 8), Soon, "the write is tried again");
        Assert.Equal("provisioning", (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}")).Is(200)["status"]);

        vers.Faults.Heal();
        Assert.Equal("running", (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=60")).Is(200)["status"]);
        var vm = Assert.Single(vers.Vms.Left);
        Assert.Contains(stay["authToken"]!, vm.Files[Env], StringComparison.Ordinal);
        Assert.Equal(1, vers.Vms.MostClaimedByOneGuest);
    }

    [Fact]
    public void An_order_and_a_guide_do_not_tell_the_token_when_they_are_printed()
    {
        var (guide, token) = GuideAtHand.Make();

        var printed = $"{GuideAtHand.Order(guide)} {guide} {string.Join(' ', guide.Files)} {JsonSerializer.Serialize(guide.ToString())}";
        Assert.DoesNotContain(token, printed, StringComparison.Ordinal);
    }

    [Fact]
    public void The_token_is_derived_anew_each_time_and_a_guide_is_the_same_twice()
    {
        var (keys, guest) = (Some.Keys(), Some.Guest());
        var guides = new VmGuides("https://couch.example", keys);

        var (first, second) = (guides.Of(guest)!, guides.Of(guest)!);
        Assert.Equal(first.ToArchive().ToArray(), second.ToArchive().ToArray());
        Assert.Contains(keys.Sign(guest.Id).Reveal(), Encoding.UTF8.GetString(first.Files[^1].Content), StringComparison.Ordinal);
        Assert.Null(new VmGuides(null, keys).Of(guest));
    }

    [Fact]
    public async Task In_a_sandbox_the_files_are_there_before_anything_runs_and_only_root_reads_the_token()
    {
        await using var engine = new ContainerEngine();
        // What runs first keeps what it sees.
        var host = engine.Host(["sh", "-c", "cp -a /run/couch /root/seen; exec sleep 1000"]);
        var (guide, token) = GuideAtHand.Make();
        var order = engine.Order() with { Guide = guide };

        var made = await host.Ensure(order, Never);
        await Until.True(
            async () => (await engine.Run(made.VmId, "ls /root/seen")).Contains("env", StringComparison.Ordinal), Soon, "it ran");

        Assert.Contains(token, await engine.Run(made.VmId, "cat /root/seen/env"), StringComparison.Ordinal);
        Assert.Equal("600 0:0 644 0:0 644 0:0 755 0:0", (await engine.Run(
            made.VmId, "stat -c '%a %u:%g' /run/couch/env /run/couch/limits.json /run/couch/README.md /run/couch")).Replace('\n', ' '));
        Assert.Equal(Encoding.UTF8.GetString(guide.Files[0].Content).Trim(), await engine.Run(made.VmId, $"cat {Readme}"));
        // Not where an engine shows it to whoever may look at a container.
        Assert.DoesNotContain(token, JsonSerializer.Serialize(await engine.Inspect(made.VmId)), StringComparison.Ordinal);

        // Adopted as it is: what the guest has changed stays changed.
        await engine.Run(made.VmId, "echo mine > /run/couch/README.md");
        Assert.Equal(made, await host.Ensure(order with { MayExist = true }, Never));
        Assert.Equal("mine", await engine.Run(made.VmId, $"cat {Readme}"));
    }

    [Fact]
    public async Task A_sandbox_that_was_made_and_not_started_is_given_its_files_before_the_start()
    {
        await using var engine = new ContainerEngine();
        var host = engine.Host(ContainerEngine.Idle);
        var (guide, token) = GuideAtHand.Make();
        var order = engine.Order() with { Guide = guide };
        // As a node leaves it that ends between the two.
        await engine.Container(new()
        {
            Name = "couch-" + order.Guest.Value.ToLowerInvariant(),
            Image = ContainerEngine.Image,
            Cmd = [.. ContainerEngine.Idle],
            Labels = new Dictionary<string, string>
            {
                ["couch.guest"] = order.Guest.Value, ["couch.installation"] = order.Installation,
            },
        });

        var found = await host.Find(order with { MayExist = true }, Never);

        Assert.Contains(token, await engine.Run(found!.VmId, $"cat {Env}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_nodes_that_make_a_guests_sandbox_at_once_put_the_same_files_into_the_one()
    {
        await using var engine = new ContainerEngine();
        var (guide, token) = GuideAtHand.Make();
        var order = engine.Order() with { Guide = guide };
        var (one, other) = (engine.Host(ContainerEngine.Idle), engine.Host(ContainerEngine.Idle));

        var made = await Task.WhenAll(Attempts(one), Attempts(other));

        Assert.Equal(made[0], made[1]);
        Assert.Single(await engine.Mine(one));
        Assert.Contains(token, await engine.Run(made[0].VmId, $"cat {Env}"), StringComparison.Ordinal);

        // One of them may find the sandbox in the middle of the other's start: that attempt has failed, and the next one looks.
        async Task<EnsuredVm> Attempts(IVmProvider host)
        {
            EnsuredVm? ensured = null;
            await Until.True(
                async () =>
                {
                    try
                    {
                        ensured = await host.Ensure(order with { MayExist = true }, Never);
                    }
                    catch (VmProviderException failure) when (!failure.IsFinal)
                    {
                    }

                    return ensured is not null;
                }, Soon, "the guest has its sandbox");
            return ensured!;
        }
    }

    [Fact]
    public async Task A_stay_in_a_sandbox_has_its_files_and_neither_the_log_nor_the_rows_have_the_token()
    {
        await using var engine = new ContainerEngine();
        using var eavesdropper = new LogCapture();
        using var data = new TemporaryFolder();
        await using var couch = await CouchHost.Start(
            builder => builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(eavesdropper),
            $"--DOCKER_HOST={ContainerEngine.Address}", $"--COUCH_DOCKER_IMAGE={ContainerEngine.Image}",
            $"--COUCH_DOCKER_COMMAND={JsonSerializer.Serialize(ContainerEngine.Idle)}", $"--COUCH_DOCKER_BRIDGE={ContainerEngine.Bridge}",
            "--COUCH_PUBLIC_URL=http://couch.example", $"--COUCH_DATA_DIR={data["couch"]}",
            "--Logging:LogLevel:Default=Trace", "--Logging:LogLevel:Couch=Trace");
        var stay = await couch.Anyone.Arrive(new { createdBy = "noah", resourceLimits = new { maxMemoryMB = 64 } });

        var running = (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=60")).Is(200);
        Assert.Contains(stay["authToken"]!, await engine.Run(running["vmId"]!, $"cat {Env}"), StringComparison.Ordinal);
        (await couch.Anyone.Delete($"/couch/guests/{stay["guestId"]}")).Is(200);
        await Until.True(async () => await engine.Inspect(running["vmId"]!) is null, Soon, "its sandbox is gone");

        var proof = stay["authToken"]!["guest_".Length..];
        Assert.DoesNotContain(eavesdropper.Heard, line => line.Contains(proof, StringComparison.Ordinal));
        // The lock is a file that nobody else may open, and is empty.
        foreach (var file in Directory.GetFiles(data["couch"]).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            await open.CopyToAsync(bytes);
            Assert.DoesNotContain(proof, Encoding.Latin1.GetString(bytes.ToArray()), StringComparison.Ordinal);
        }
    }

    private static Task<CouchHost> OnVers(SimulatedVers vers, params string[] settings) =>
        CouchHost.Start([.. NodeSettings.Of(vers).AsArguments(), "--COUCH_PUBLIC_URL=http://couch.example/at", .. settings]);
}
