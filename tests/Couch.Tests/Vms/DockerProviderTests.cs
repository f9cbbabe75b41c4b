using System.Globalization;
using System.Net.Sockets;
using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Docker;
using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Docker.DotNet.Models;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>Guests' sandboxes on a real container engine.</summary>
public sealed class DockerProviderTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly ContainerEngine engine = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    [Fact]
    public async Task Ensuring_twice_gives_one_sandbox()
    {
        var (host, order) = (engine.Host(ContainerEngine.Idle), engine.Order());

        var first = await host.Ensure(order, Never);
        var second = await host.Ensure(order with { MayExist = true }, Never);

        Assert.Equal(first, second);
        Assert.Equal("container://couch-" + order.Guest.Value.ToLowerInvariant(), first.Endpoint);
        Assert.Equal(order.Guest.Value, Assert.Single(await engine.Mine(host)).Guest);
        Assert.Equal(VmSight.Ready, await host.Observe(first.VmId, Never));
    }

    [Fact]
    public async Task A_sandbox_whose_making_nobody_heard_of_is_found_by_its_name_and_taken()
    {
        var (host, order) = (engine.Host(ContainerEngine.Idle), engine.Order());

        var lost = await host.Ensure(order, Never);
        var again = await host.Ensure(order, Never);

        Assert.Equal(lost, again);
        Assert.Single(await engine.Mine(host));
    }

    [Fact]
    public async Task Two_nodes_that_make_a_guests_sandbox_at_once_get_the_same_one()
    {
        var order = engine.Order();
        var (one, other) = (engine.Host(ContainerEngine.Idle), engine.Host(ContainerEngine.Idle));

        var made = await Task.WhenAll(one.Ensure(order, Never), other.Ensure(order, Never));

        Assert.Equal(made[0], made[1]);
        Assert.Single(await engine.Mine(one));
    }

    [Fact]
    public async Task A_sandbox_that_was_made_and_never_started_is_started()
    {
        var (host, order) = (engine.Host(ContainerEngine.Idle), engine.Order(canAccessInternet: false));
        var options = new DockerOptions { Image = ContainerEngine.Image, Command = ContainerEngine.Idle };
        var made = await engine.Container(Sandbox.For(order, options, new EngineAbilities(1, LimitsDisk: false, SetsUlimits: false)));
        Assert.Equal(VmSight.Booting, await host.Observe(made, Never));

        var ensured = await host.Ensure(order with { MayExist = true }, Never);

        Assert.Equal(made, ensured.VmId);
        Assert.Equal(VmSight.Ready, await host.Observe(made, Never));
    }

    [Fact]
    public async Task A_sandbox_whose_ulimits_the_engine_may_not_set_is_made_anew_with_those_it_may()
    {
        var (host, order) = (engine.Host(ContainerEngine.Idle), engine.Order(mayExist: true, canAccessInternet: false));
        var options = new DockerOptions { Image = ContainerEngine.Image, Command = ContainerEngine.Idle };
        // Podman adds a million processes to ulimits that say nothing of them, which it may not set everywhere.
        await engine.Container(Sandbox.For(order, options, new EngineAbilities(1, LimitsDisk: false)));

        EnsuredVm? made = null;
        await Until.True(async () => await Record.ExceptionAsync(async () => made = await host.Ensure(order, Never)) is null, Bound,
            "the sandbox is made");

        Assert.Equal(VmSight.Ready, await host.Observe(made!.VmId, Never));
        Assert.Single(await engine.Mine(host));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_container_of_the_name_that_is_not_ours_is_neither_taken_nor_removed(bool mayExist)
    {
        var (host, order) = (engine.Host(ContainerEngine.Idle), engine.Order(mayExist));
        var name = Sandbox.NameOf(order.Guest);
        await engine.Container(new CreateContainerParameters { Name = name, Image = ContainerEngine.Image, Cmd = ["true"] });

        var refusal = await Assert.ThrowsAsync<VmProviderException>(() => host.Ensure(order, Never));
        await host.Release(order.Guest, order.Installation, null, Never);

        Assert.True(refusal.IsFinal);
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
        Assert.NotNull(await engine.Inspect(name));
    }

    [Fact]
    public async Task A_sandbox_released_twice_is_gone_and_both_succeed()
    {
        var (host, order) = (engine.Host(ContainerEngine.Idle), engine.Order());
        var made = await host.Ensure(order, Never);

        await host.Release(order.Guest, order.Installation, made.VmId, Never);
        await host.Release(order.Guest, order.Installation, made.VmId, Never);

        Assert.Equal(VmSight.Missing, await host.Observe(made.VmId, Never));
        Assert.Empty(await engine.Mine(host));
    }

    [Fact]
    public async Task Two_nodes_that_release_a_sandbox_at_once_both_succeed()
    {
        var (one, other, order) = (engine.Host(ContainerEngine.Idle), engine.Host(ContainerEngine.Idle), engine.Order());
        var made = await one.Ensure(order, Never);

        await Task.WhenAll(
            one.Release(order.Guest, order.Installation, made.VmId, Never), other.Release(order.Guest, order.Installation, null, Never));

        Assert.Null(await engine.Inspect(made.VmId));
    }

    [Fact]
    public async Task A_release_during_a_create_leaves_nothing_once_the_create_is_over_and_released_too()
    {
        var (host, order) = (engine.Host(ContainerEngine.Idle), engine.Order());

        var making = host.Ensure(order, Never);
        await host.Release(order.Guest, order.Installation, null, Never);
        await making.ContinueWith(_ => { }, TaskScheduler.Default);
        await host.Release(order.Guest, order.Installation, null, Never);

        Assert.Empty(await engine.Mine(host));
    }

    [Fact]
    public async Task A_release_takes_a_given_container_by_its_whole_id_where_its_owner_has_labelled_it_so_and_no_other()
    {
        var (host, order, other) = (engine.Host(ContainerEngine.Idle), engine.Order(), engine.Order());
        var name = $"payroll-db-{order.Guest.Value.ToLowerInvariant()}";
        var labelled = await Container(name, ("couch.adopt", "true"));
        var others = (await host.Ensure(other, Never)).VmId;
        var theirs = await Container(null, ("couch.adopt", "true"), ("couch.guest", other.Guest.Value));
        // Its name is spelled like an id, so the engine finds it by it.
        var disguise = new string('a', 64);
        var disguised = await Container(disguise, ("couch.adopt", "true"));
        string[] stay = [await Container(null), await Container(null, ("couch.adopt", "yes")), others, theirs];

        foreach (var given in (string[])[name, labelled[..12], labelled[..63], labelled.ToUpperInvariant(), disguise, .. stay])
            Assert.True((await host.Release(order.Guest, order.Installation, given, Never)).LeavesGiven, given);
        Assert.True((await host.Release(order.Guest, order.Installation, labelled, Never, GivenVmFate.LeftUnlessClaimed)).LeavesGiven);
        foreach (var container in (string[])[labelled, disguised, .. stay])
            Assert.NotNull(await engine.Inspect(container));

        Assert.False((await host.Release(order.Guest, order.Installation, labelled, Never)).LeavesGiven);
        Assert.Null(await engine.Inspect(labelled));
        // It is not there any more, and nothing is left of it.
        Assert.False((await host.Release(order.Guest, order.Installation, labelled, Never)).LeavesGiven);

        Task<string> Container(string? called, params (string Name, string Value)[] labels) =>
            engine.Container(new CreateContainerParameters
        {
            Name = called,
            Image = ContainerEngine.Image,
            Cmd = ["true"],
            Labels = labels.ToDictionary(label => label.Name, label => label.Value),
        });
    }

    [Fact]
    public async Task A_given_container_with_the_guests_claim_goes_with_it_and_is_kept_while_the_guest_stays()
    {
        var (host, order) = (engine.Host(ContainerEngine.Idle), engine.Order());
        var given = await engine.Container(new CreateContainerParameters
        {
            Image = ContainerEngine.Image,
            Cmd = ["true"],
            Labels = new Dictionary<string, string> { ["couch.guest"] = order.Guest.Value, ["couch.installation"] = order.Installation },
        });
        var displaced = await host.Ensure(order, Never);

        await host.Release(order.Guest, order.Installation, given, Never, GivenVmFate.Kept);
        Assert.NotNull(await engine.Inspect(given));
        Assert.Null(await engine.Inspect(displaced.VmId));

        Assert.False((await host.Release(order.Guest, order.Installation, given, Never, GivenVmFate.LeftUnlessClaimed)).LeavesGiven);
        Assert.Null(await engine.Inspect(given));
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("../images/json?x=")]
    [InlineData("https://vm.example")]
    [InlineData("")]
    public async Task What_is_no_container_is_missing(string vmId) =>
        Assert.Equal(VmSight.Missing, await engine.Host(ContainerEngine.Idle).Observe(vmId, Never));

    [Fact]
    public async Task A_part_of_an_id_is_no_containers_id()
    {
        var host = engine.Host(ContainerEngine.Idle);
        var made = await host.Ensure(engine.Order(), Never);

        Assert.Equal(VmSight.Missing, await host.Observe(made.VmId[..5], Never));
        Assert.Equal(VmSight.Ready, await host.Observe(made.VmId[..12], Never));
    }

    [Fact]
    public async Task The_list_has_every_claim_and_the_mark_of_its_couch_and_nothing_unclaimed()
    {
        var began = TimeProvider.System.GetUtcNow();
        var host = engine.Host(ContainerEngine.Idle);
        var elsewhere = engine.Order(installation: "another-couch");
        var made = new[] { await host.Ensure(engine.Order(), Never), await host.Ensure(engine.Order(), Never) };
        var others = await host.Ensure(elsewhere, Never);
        var unclaimed = await engine.Container(new CreateContainerParameters { Image = ContainerEngine.Image, Cmd = ["true"] });

        var listed = await host.List(Never);
        await host.Release(elsewhere.Guest, elsewhere.Installation, null, Never);

        Assert.Equal(
            made.Select(vm => vm.VmId).Order(), listed.Where(vm => vm.Installation == engine.Installation).Select(vm => vm.VmId).Order());
        Assert.Equal("another-couch", Assert.Single(listed, vm => vm.VmId == others.VmId).Installation);
        Assert.DoesNotContain(listed, vm => vm.VmId == unclaimed);
        Assert.All(await engine.Mine(host), vm => Assert.InRange(vm.CreatedAt, began.AddSeconds(-1), TimeProvider.System.GetUtcNow()));
    }

    [Fact]
    public async Task Limits_hold_inside_the_sandbox()
    {
        var host = engine.Host(ContainerEngine.Idle);
        var limits = ResourceLimits.Default with { MaxCpuCores = 0.5, MaxMemoryMB = 48 };

        var made = await host.Ensure(engine.Order(limits: limits), Never);

        var cpu = await engine.Run(
            made.VmId, "cat /sys/fs/cgroup/cpu.max || cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us");
        var memory = await engine.Run(made.VmId, "cat /sys/fs/cgroup/memory.max || cat /sys/fs/cgroup/memory/memory.limit_in_bytes");
        var pids = await engine.Run(made.VmId, "cat /sys/fs/cgroup/pids.max || cat /sys/fs/cgroup/pids/pids.max");
        Assert.Matches(@"\b50000\s+100000\b", cpu);
        Assert.Contains((48 * 1024 * 1024).ToString(CultureInfo.InvariantCulture), memory, StringComparison.Ordinal);
        Assert.Matches(@"\b512\b", pids);
    }

    [Fact]
    public void A_limit_that_is_next_to_nothing_is_still_a_limit()
    {
        var order = engine.Order(limits: ResourceLimits.Default with { MaxMemoryMB = 1e-7, MaxCpuCores = 1e-9, MaxDiskGB = 1e-9 });
        var made = Sandbox.For(order, new DockerOptions { Image = ContainerEngine.Image }, new EngineAbilities(Cores: 2)).HostConfig;

        Assert.Equal((6L << 20, 6L << 20, 10_000_000L), (made.Memory, made.MemorySwap, made.NanoCPUs));
    }

    [Fact]
    public async Task What_a_process_may_open_and_write_is_limited_inside_the_sandbox()
    {
        var made = await engine.Host(ContainerEngine.Idle).Ensure(
            engine.Order(limits: ResourceLimits.Default with { MaxMemoryMB = 64, MaxDiskGB = 0.5 }), Never);

        var limits = await engine.Run(made.VmId, "cat /proc/1/limits");

        Assert.Matches(@"Max core file size\s+0\s+0\s", limits);
        Assert.Matches(@"Max file size\s+536870912\s+536870912\s", limits);
        Assert.Matches(@"Max open files\s+1024\s+16384\s", limits);
    }

    [Theory]
    [InlineData("/dev/shm")]
    [InlineData("/tmp")]
    public async Task A_folder_in_memory_is_full_at_half_of_the_sandboxs_memory(string folder)
    {
        var made = await engine.Host(ContainerEngine.Idle).Ensure(
            engine.Order(limits: ResourceLimits.Default with { MaxMemoryMB = 32 }), Never);

        var said = await engine.Run(
            made.VmId, $"dd if=/dev/zero of={folder}/file bs=1M count=100; stat -c 'holds %s' {folder}/file; rm {folder}/file");

        Assert.Contains("No space left on device", said, StringComparison.Ordinal);
        Assert.Contains($"holds {16 << 20}", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_in_the_temporary_folder_can_be_run()
    {
        var made = await engine.Host(ContainerEngine.Idle).Ensure(engine.Order(), Never);

        Assert.Equal("it runs", await engine.Run(made.VmId, "printf '#!/bin/sh\necho it runs\n' >/tmp/program && chmod +x /tmp/program && "
            + "/tmp/program"));
    }

    [Fact]
    public async Task What_a_guest_says_without_end_fills_its_log_and_no_more_of_the_hosts_disk()
    {
        var host = engine.Host(["sh", "-c", "i=0; until [ -e /root/stop ]; do i=$((i+1)); head -c 1000000 /dev/zero | tr '\\0' x | fold -w "
            + "1000; echo; echo $i >/root/rounds; done; echo good bye"]);
        var made = await host.Ensure(engine.Order(limits: ResourceLimits.Default with { MaxMemoryMB = 64, MaxDiskGB = 0.01 }), Never);
        var log = (await engine.Inspect(made.VmId))!.LogPath;

        await Until.True(async () => int.TryParse(await engine.Run(made.VmId, "cat /root/rounds"), CultureInfo.InvariantCulture,
            out var megabytes) && megabytes >= 8, Bound, "the guest has said 8 MB");

        // What is being rotated may be gone by the time it is looked at, and what is emptied is empty for a moment.
        var size = await Until.Gives(
            async () => (await OutsideWorld.AsRoot("sh", "-c", $"stat -c %s {log}* 2>/dev/null")).Output
                .Split('\n', StringSplitOptions.RemoveEmptyEntries).Sum(size => long.Parse(size, CultureInfo.InvariantCulture)),
            size => size > 0, Bound, "there is a log");
        Assert.InRange(size, 1, 2 * Sandbox.LeastLog + 8192);
        Assert.InRange((await Measured(host, made.VmId)).DiskUsedGB!.Value, 2 * Sandbox.LeastLog / Sandbox.BytesPerGB, 0.001);
        await engine.Run(made.VmId, "touch /root/stop");
        await Until.True(async () => await host.Observe(made.VmId, Never) is VmSight.Dead, Bound, "the sandbox ended");
        Assert.Contains("good bye", engine.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_memory_than_the_limit_is_not_to_be_had()
    {
        var host = engine.Host(ContainerEngine.Idle);
        var made = await host.Ensure(engine.Order(limits: ResourceLimits.Default with { MaxMemoryMB = 32 }), Never);

        var said = await engine.Run(made.VmId, "dd if=/dev/zero of=/dev/null bs=100M count=1; echo ended with $?");

        Assert.DoesNotContain("ended with 0", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sandbox_gains_no_privileges_and_keeps_few()
    {
        var made = await engine.Host(ContainerEngine.Idle).Ensure(engine.Order(), Never);

        var status = await engine.Run(made.VmId, "cat /proc/1/status");

        Assert.Matches(@"NoNewPrivs:\s+1", status);
        // Neither raw sockets (13), nor devices (27), nor administration (21).
        var bounding = ulong.Parse(status.Split('\n').Single(line => line.StartsWith("CapBnd:", StringComparison.Ordinal))[7..].Trim(),
            NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Assert.Equal(0UL, bounding & (1UL << 13 | 1UL << 27 | 1UL << 21));
    }

    [Fact]
    public async Task Without_internet_access_there_is_no_route_out_and_no_published_port()
    {
        var host = engine.Host(ContainerEngine.WebServer, port: 8080, probe: new Probe.Tcp());

        var closed = await host.Ensure(engine.Order(canAccessInternet: false), Never);
        var open = await host.Ensure(engine.Order(), Never);

        Assert.Equal("", await engine.Run(closed.VmId, "ip route"));
        Assert.StartsWith("container://", closed.Endpoint, StringComparison.Ordinal);
        Assert.Equal(VmSight.Ready, await host.Observe(closed.VmId, Never));
        Assert.Contains("default via", await engine.Run(open.VmId, "ip route"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_guests_public_key_is_there()
    {
        var made = await engine.Host(ContainerEngine.Idle).Ensure(engine.Order(publicKey: "ssh-ed25519 AAAA ada@example"), Never);

        Assert.Equal("ssh-ed25519 AAAA ada@example", await engine.Run(made.VmId, "echo \"$COUCH_PUBLIC_KEY\""));
    }

    [Fact]
    public async Task Usage_rises_with_what_the_guest_does()
    {
        var host = engine.Host(ContainerEngine.Idle);
        var made = await host.Ensure(engine.Order(), Never);
        var before = await Measured(host, made.VmId);

        await engine.Run(made.VmId, "dd if=/dev/urandom of=/root/file bs=1M count=20 && gzip -c /root/file > /dev/null");
        await engine.Run(made.VmId, "ip=$(ip route | sed -n 's/default via \\([0-9.]*\\).*/\\1/p'); ping -c 1 $ip; for i in $(seq 20); do "
            + "echo | nc -w 1 $ip 9; done");
        var after = await Measured(host, made.VmId);

        Assert.True(after.CpuSeconds > before.CpuSeconds + 0.1, $"{before} {after}");
        Assert.InRange(after.DiskUsedGB!.Value - before.DiskUsedGB!.Value, 20 / 1024.0, 21 / 1024.0);
        Assert.True(after.NetworkEgressGB > before.NetworkEgressGB, $"{before} {after}");
        Assert.InRange(after.MemoryPeakMB!.Value, 0.1, 64);
        Assert.InRange(after.UptimeSeconds!.Value, before.UptimeSeconds!.Value, Bound.TotalSeconds);
        Assert.Null(after.TokensUsed);
    }

    [Fact]
    public async Task What_is_received_does_not_count_as_sent()
    {
        var host = engine.Host(ContainerEngine.WebServer, port: 8080, probe: new Probe.Tcp());
        var made = await host.Ensure(engine.Order(), Never);
        await engine.Run(made.VmId, "dd if=/dev/zero of=/tmp/large bs=1M count=4");
        await Until.True(async () => await host.Observe(made.VmId, Never) is VmSight.Ready, Bound, "the web server listens");
        var before = await Measured(host, made.VmId);

        using var http = new HttpClient();
        var got = await http.GetByteArrayAsync(new Uri(made.Endpoint + "/large"));

        Assert.Equal(4 * 1024 * 1024, got.Length);
        Assert.InRange((await Measured(host, made.VmId)).NetworkEgressGB!.Value - before.NetworkEgressGB!.Value, 4 / 1024.0, 5 / 1024.0);
    }

    [Fact]
    public async Task A_published_port_is_the_endpoint_and_answers()
    {
        var host = engine.Host(ContainerEngine.WebServer, port: 8080, probe: new Probe.Http("/page"));

        var made = await host.Ensure(engine.Order(), Never);

        await Until.True(async () => await host.Observe(made.VmId, Never) is VmSight.Ready, Bound, "the page is there");
        Assert.Matches("^http://127.0.0.1:[0-9]+$", made.Endpoint);
        using var http = new HttpClient();
        Assert.Equal("hello\n", await http.GetStringAsync(new Uri(made.Endpoint + "/page")));
    }

    [Fact]
    public async Task A_sandbox_is_booting_until_something_listens()
    {
        var host = engine.Host(
            ["sh", "-c", "until [ -e /tmp/go ]; do sleep 0.05; done; exec httpd -f -p 8080 -h /tmp"], port: 8080, probe: new Probe.Tcp());
        var made = await host.Ensure(engine.Order(), Never);

        Assert.Equal(VmSight.Booting, await host.Observe(made.VmId, Never));
        await engine.Run(made.VmId, "touch /tmp/go");

        await Until.True(async () => await host.Observe(made.VmId, Never) is VmSight.Ready, Bound, "the web server listens");
    }

    [Fact]
    public async Task A_sandbox_is_booting_until_its_page_is_there()
    {
        var host = engine.Host(["httpd", "-f", "-p", "8080", "-h", "/tmp"], port: 8080, probe: new Probe.Http("/page"));
        var made = await host.Ensure(engine.Order(), Never);
        using var http = new HttpClient();
        await Until.True(() => Connects(made.Endpoint), Bound, "the web server listens");

        Assert.Equal(VmSight.Booting, await host.Observe(made.VmId, Never));
        await engine.Run(made.VmId, "echo hello > /tmp/page");

        Assert.Equal(VmSight.Ready, await host.Observe(made.VmId, Never));
    }

    [Fact]
    public async Task A_command_that_is_no_service_leaves_a_dead_sandbox_and_a_sentence_that_says_why()
    {
        var (host, order) = (engine.Host(["sh", "-c", "until [ -e /tmp/go ]; do sleep 0.05; done; echo nothing to do; exit 3"]),
            engine.Order(mayExist: true));
        var made = await host.Ensure(order, Never);
        await engine.Run(made.VmId, "touch /tmp/go");

        await Until.True(async () => await host.Observe(made.VmId, Never) is VmSight.Dead, Bound, "the sandbox ended");

        Assert.Matches("ended with code 3 as soon as it began: COUCH_DOCKER_COMMAND is not a service that stays.* It last said: nothing to "
            + "do", engine.Log.Text);
        var refusal = await Assert.ThrowsAsync<VmProviderException>(() => host.Ensure(order, Never));
        Assert.True(refusal.IsFinal);
        Assert.Contains("COUCH_DOCKER_COMMAND is not a service", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_the_image_does_not_have_is_told_and_leaves_nothing_after_a_release()
    {
        var (host, order) = (engine.Host(["no-such-program"]), engine.Order(mayExist: true));

        // The engine itself says so, or the sandbox's init process does a moment after it was started.
        VmProviderException? refusal = null;
        await Until.True(
            async () => (refusal = await Record.ExceptionAsync(() => host.Ensure(order, Never)) as VmProviderException) is not null,
            Bound, "ensuring is refused");
        await host.Release(order.Guest, order.Installation, null, Never);

        Assert.True(refusal!.IsFinal, refusal.Message);
        Assert.Contains("no-such-program", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(await engine.Mine(host));
    }

    [Fact]
    public async Task An_image_that_is_not_there_is_final_and_says_how_to_get_it()
    {
        var host = engine.Host(ContainerEngine.Idle, image: "couch-test/no-such-image");

        var refusal = await Assert.ThrowsAsync<VmProviderException>(() => host.Ensure(engine.Order(), Never));
        var problem = await host.Check(Never);

        Assert.True(refusal.IsFinal);
        Assert.Contains("docker pull couch-test/no-such-image", refusal.Message, StringComparison.Ordinal);
        Assert.True(problem!.IsFinal);
        Assert.Contains("docker pull couch-test/no-such-image", problem.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_can_be_used_only_warns_of_what_it_cannot_enforce()
    {
        var problem = await engine.Host(ContainerEngine.Idle).Check(Never);

        Assert.False(problem!.IsFinal);
        Assert.Contains("deploy/sandbox-network.sh apply", problem.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("maxMemoryMB", problem.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_or_a_runtime_that_the_engine_does_not_know_is_final()
    {
        var options = new DockerOptions { Image = ContainerEngine.Image, Engine = ContainerEngine.Address, Network = "no-such-network" };
        var network = await engine.Host(options, TimeProvider.System).Check(Never);
        options = new DockerOptions { Image = ContainerEngine.Image, Engine = ContainerEngine.Address, Runtime = "no-such-runtime" };
        var runtime = await engine.Host(options, TimeProvider.System).Check(Never);

        Assert.True(network!.IsFinal && runtime!.IsFinal);
        Assert.Contains("docker network create no-such-network", network.Sentence, StringComparison.Ordinal);
        Assert.Contains("no-such-runtime", runtime.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_is_not_there_is_waited_for()
    {
        var nowhere = new DockerOptions { Image = "any", Engine = new Uri($"tcp://127.0.0.1:{FreePort.Find(1)[0]}") };
        var host = engine.Host(nowhere, TimeProvider.System);

        var problem = await host.Check(Never);
        var failure = await Assert.ThrowsAsync<VmProviderException>(() => host.Ensure(engine.Order(), Never));

        Assert.False(problem!.IsFinal || failure.IsFinal);
        Assert.Contains("DOCKER_HOST", problem.Sentence, StringComparison.Ordinal);
        await Assert.ThrowsAsync<VmProviderException>(() => host.List(Never));
        await Assert.ThrowsAsync<VmProviderException>(() => host.Release(engine.Order().Guest, engine.Installation, null, Never));
    }

    [Fact]
    public async Task An_engine_that_hangs_is_given_up_in_bounded_time()
    {
        using var deaf = new TcpListener(System.Net.IPAddress.Loopback, 0);
        deaf.Start();
        var clock = new FakeTimeProvider();
        var host = engine.Host(new DockerOptions { Image = "any", Engine = new Uri($"tcp://{deaf.LocalEndpoint}") }, clock);

        var listing = host.List(Never);
        Assert.False(listing.IsCompleted);
        await Until.True(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(5));
            return Task.FromResult(listing.IsCompleted);
        }, Bound, "the listing is given up");

        var failure = await Assert.ThrowsAsync<VmProviderException>(() => listing);
        Assert.Contains("did not list sandboxes within 10 s", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<UsageReport> Measured(DockerProvider host, string vmId) => (await host.Measure(vmId, Never))!;

    private static async Task<bool> Connects(string endpoint)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(new Uri(endpoint).Host, new Uri(endpoint).Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
