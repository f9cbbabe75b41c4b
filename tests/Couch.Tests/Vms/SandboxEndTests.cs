using System.Text.Json;
using Couch.Tests.Support;
using Docker.DotNet.Models;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>
/// A sandbox that ends, or is touched, behind the couch's back. The couch measures and sweeps too seldom here to notice each of them by
/// itself. All are guests of one couch.
/// </summary>
public sealed class SandboxEndTests(WaitingSandboxes couch) : IClassFixture<WaitingSandboxes>, IAsyncDisposable
{
    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(10);

    private readonly ContainerEngine engine = new();

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    [Fact]
    public async Task One_that_exits_ends_its_guest_at_once_with_its_code_and_what_it_said_last()
    {
        var (guest, vmId) = await Running();
        await engine.Run(vmId, "echo 'echo out of ideas; exit 7' > /tmp/go.new; mv /tmp/go.new /tmp/go");

        var ended = await Ended(guest);
        Assert.Equal("vm-lost", ended["endReason"]);
        Assert.Contains("code 7", ended["endDetail"], StringComparison.Ordinal);
        Assert.Contains("out of ideas", ended["endDetail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_killed_ends_its_guest_at_once_with_the_signal()
    {
        var (guest, vmId) = await Running();
        await engine.Containers.KillContainerAsync(vmId, new() { Signal = "SIGKILL" });

        Assert.Contains("code 137 (signal 9", (await Ended(guest))["endDetail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_runs_out_of_memory_ends_its_guest_at_once_and_says_so()
    {
        var (guest, vmId) = await Running();
        await engine.Run(vmId, "echo 'exec tail /dev/zero' > /tmp/go.new; mv /tmp/go.new /tmp/go");

        Assert.Contains("out of memory", (await Ended(guest))["endDetail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_stopped_and_started_from_outside_has_ended_and_is_removed()
    {
        var (guest, vmId) = await Running();
        await engine.Containers.StopContainerAsync(vmId, new() { WaitBeforeKillSeconds = 1 });
        try
        {
            await engine.Containers.StartContainerAsync(vmId, new());
        }
        catch (Docker.DotNet.DockerApiException)
        {
            // It is being removed already.
        }

        Assert.Equal("vm-lost", (await Ended(guest))["endReason"]);
        await Until.True(async () => await engine.Inspect(vmId) is null, TimeSpan.FromSeconds(60), "it is gone");
    }

    [Fact]
    public async Task One_that_ends_while_nobody_listens_is_found_once_the_engine_can_be_listened_to_again()
    {
        // As after a restart of the engine's: what has ended is told before anything new is. Another couch's, so that nobody else looks.
        const string Guest = "a-guest";
        var installation = engine.Installation;
        var other = await engine.Container(new() { Image = ContainerEngine.Image, Cmd = ["true"],
            Labels = new Dictionary<string, string> { ["couch.installation"] = installation, ["couch.guest"] = Guest } });
        await engine.Containers.StartContainerAsync(other, new());
        await Until.True(async () => (await engine.Inspect(other))!.State.Status is "exited", Noticed, "it has ended");
        var told = new TaskCompletionSource<string>();
        using var heard = new CancellationTokenSource();
        var following = engine.Host(ContainerEngine.Idle).Follow(installation, guest => told.TrySetResult(guest), heard.Token);
        Assert.Equal(Guest, await told.Task.WaitAsync(Noticed, TimeProvider.System));
        await heard.CancelAsync();
        Assert.NotNull(await Record.ExceptionAsync(() => following));
    }

    [Fact]
    public async Task One_that_is_paused_or_renamed_goes_on()
    {
        var (guest, vmId) = await Running();
        await engine.Containers.PauseContainerAsync(vmId);
        await engine.Containers.RenameContainerAsync(
            vmId, new ContainerRenameParameters { NewName = "elsewhere-" + vmId[..12] }, TestCouch.Cancel);
        await engine.Containers.UnpauseContainerAsync(vmId);

        Assert.Equal("running", (await couch.Anyone.Get($"/couch/guests/{guest}")).Is(200)["status"]);
        // It is still the guest's, and goes with it.
        (await couch.Anyone.Delete($"/couch/guests/{guest}")).Is(200);
        await Until.True(async () => await engine.Inspect(vmId) is null, TimeSpan.FromSeconds(60), "it is gone");
    }

    private async Task<(string Guest, string VmId)> Running()
    {
        var stay = await couch.Anyone.Arrive(new { createdBy = "noah", resourceLimits = new { maxMemoryMB = 32 } });
        var running = (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=60")).Is(200);
        Assert.Equal("running", running["status"]);
        return ((string)stay["guestId"]!, running["vmId"]!);
    }

    private Task<Answer> Ended(string guest) => Until.Gives(
        async () => (await couch.Anyone.Get($"/couch/guests/{guest}")).Is(200), answer => answer["status"] is "stopped", Noticed,
        "its guest has ended");
}

/// <summary>A couch on the container engine whose sandboxes wait until they are told what to do.</summary>
public sealed class WaitingSandboxes() : CouchHost(
    [
        $"--DOCKER_HOST={ContainerEngine.Address}", $"--COUCH_DOCKER_IMAGE={ContainerEngine.Image}",
        $"--COUCH_DOCKER_BRIDGE={ContainerEngine.Bridge}", $"--COUCH_DOCKER_COMMAND={JsonSerializer.Serialize(Waits)}",
        "--COUCH_METER_SECONDS=0",
    ])
{
    /// <summary>Waits until it is told to go on, then does what the file says.</summary>
    private static readonly string[] Waits = ["sh", "-c", "while [ ! -s /tmp/go ]; do sleep 0.1; done; . /tmp/go"];
}
