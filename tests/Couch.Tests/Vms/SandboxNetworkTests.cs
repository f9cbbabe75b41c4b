using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Docker;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>
/// What guests on the couch's own network reach, seen from inside their sandboxes, with and without deploy/sandbox-network.sh.
/// </summary>
public sealed class SandboxNetworkTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    /// <summary>Trying a network out takes some seconds, and two sandboxes that a busy engine may be slow to make.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly ContainerEngine engine = new();
    private readonly DockerOptions options;

    public SandboxNetworkTests() => options = engine.OnItsOwnNetwork();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await Firewall("remove");
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task A_guest_reaches_the_world_and_neither_the_host_nor_its_networks_nor_another_guest()
    {
        var (host, service) = (engine.Host(options, TimeProvider.System), new HostService());
        using var serving = service;
        await engine.Network(options, isIPv6Too: true);
        var guest = await host.Ensure(engine.Order(), Never);
        var other = await host.Ensure(engine.Order(), Never);
        await using var world = await OutsideWorld.Beyond(options.Bridge);
        await Until.True(async () => await host.Observe(other.VmId, Never) is VmSight.Ready, Bound, "the other guest serves pages");

        var (own, others) = ((await engine.Inspect(guest.VmId))!.NetworkSettings.Networks[options.Bridge],
            (await engine.Inspect(other.VmId))!.NetworkSettings.Networks[options.Bridge]);
        var targets = new Dictionary<string, (string Address, int Port)>
        {
            ["world"] = (world.Address, 80),
            ["world, IPv6"] = (world.Address6, 80),
            ["the host's bridge"] = (own.Gateway, service.Port),
            ["the host's bridge, IPv6"] = (own.IPv6Gateway, service.Port),
            ["the host's bridge, link-local"] = (LinkLocalOf(options.Bridge), service.Port),
            ["another guest"] = (others.IPAddress, 8080),
            ["another guest, IPv6"] = (others.GlobalIPv6Address, 8080),
            ["another guest, link-local"] = (await LinkLocalIn(other), 8080),
            ["metadata"] = (OutsideWorld.Metadata, 80),
            ["a private network"] = (OutsideWorld.PrivateAddress, 80),
        };
        foreach (var address in HostsOwn())
            targets[$"the host at {address}"] = (address.ToString(), service.Port);
        var allowed = new[] { "world", "world, IPv6" };

        // The probes find what is there, so that what they do not find is kept from them.
        Assert.Equal(targets.Keys.Order(), await Reached());

        await Firewall("apply");
        await Firewall("apply");
        await Firewall("status");
        Assert.Equal(allowed, await Reached());
        Assert.Equal(VmSight.Ready, await host.Observe(other.VmId, Never));
        using var http = new HttpClient();
        Assert.Equal("hello\n", await http.GetStringAsync(new Uri(guest.Endpoint + "/page")));

        await Firewall("remove");
        await Firewall("status", exitCode: 1);
        Assert.Equal(targets.Keys.Order(), await Reached());

        async Task<IEnumerable<string>> Reached()
        {
            var asked = targets.Select(
                target => $"(nc -w 5 {target.Value.Address} {target.Value.Port} </dev/null >/dev/null 2>&1 && echo \"{target.Key}\") &");
            return (await engine.Run(guest.VmId, string.Join(' ', asked) + " wait")).Split('\n',
                StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim()).Order();
        }
    }

    [Fact]
    public async Task A_connection_that_was_open_before_the_firewall_does_not_outlive_it()
    {
        using var service = new HostService();
        var guest = await engine.Host(options, TimeProvider.System).Ensure(engine.Order(), Never);
        var gateway = (await engine.Inspect(guest.VmId))!.NetworkSettings.Networks[options.Bridge].Gateway;
        await engine.Run(guest.VmId, $"mkfifo /tmp/words; (nc {gateway} {service.EchoPort} </tmp/words >/tmp/answers 2>&1 &) ; (exec "
            + "3>/tmp/words; echo before >&3; sleep 600) >/dev/null 2>&1 &");
        await Until.True(async () => (await engine.Run(guest.VmId, "cat /tmp/answers")).Contains("before", StringComparison.Ordinal), Bound,
            "the host answers");

        await Firewall("apply");
        await engine.Run(guest.VmId, "echo after >/tmp/words & sleep 2");

        Assert.DoesNotContain("after", await engine.Run(guest.VmId, "cat /tmp/answers"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_couch_finds_out_what_is_in_force_and_says_it()
    {
        var host = engine.Host(options, TimeProvider.System);
        Assert.Contains("It is not known yet", host.Isolation, StringComparison.Ordinal);

        // A busy engine is a sentence too, and looked at again.
        await Until.True(async () => (await host.Check(Never))!.Sentence.Contains("canAccessHostServices: false is not kept. Guests on "
            + $"the network {options.Bridge} reach", StringComparison.Ordinal), Patience, "the start warns");
        Assert.Matches(
            $"Guests on the network {options.Bridge} reach the host .*deploy/sandbox-network.sh apply {options.Bridge}", host.Isolation);

        await Firewall("apply");
        await Until.True(
            async () => (await host.Check(Never))?.Sentence.Contains("canAccessHostServices", StringComparison.Ordinal) is not true
                && host.Isolation.Contains("are kept from the host", StringComparison.Ordinal),
            Patience,
            "the start finds the firewall");
        Assert.Contains("are kept from the host", engine.Log.Text, StringComparison.Ordinal);

        await Firewall("remove");
        await Until.True(
            async () =>
            {
                await host.LookAtNetwork(Never);
                return host.Isolation.Contains("reach the host", StringComparison.Ordinal);
            },
            Patience,
            "the couch finds out");
        Assert.Contains("in force no more", engine.Log.Text, StringComparison.Ordinal);
        Assert.Empty(await engine.Probes(options));
    }

    [Fact]
    public async Task A_strict_couch_refuses_a_guest_whose_permissions_nothing_keeps_and_no_other()
    {
        var host = engine.Host(Strict(), TimeProvider.System);

        var refusal = await Until.Gives(
            () => Assert.ThrowsAsync<VmProviderException>(() => host.Ensure(engine.Order(), Never)), refused => refused.IsFinal, Patience,
            "a guest is refused for good");
        Assert.Matches($"COUCH_DOCKER_STRICT refuses .*canAccessHostServices is false.*deploy/sandbox-network.sh apply {options.Bridge}",
            refusal.Message);
        await host.Ensure(engine.Order(canAccessInternet: false), Never);
        await host.Ensure(engine.Order(canAccessHostServices: true), Never);

        await Firewall("apply");
        await Until.True(async () => await Record.ExceptionAsync(() => host.Ensure(engine.Order(), Never)) is null, Patience,
            "a guest whose permissions are kept is let in");
    }

    [Fact]
    public async Task A_probe_that_cannot_be_run_proves_nothing()
    {
        var host = engine.Host(Strict("/bin/no-such-shell"), TimeProvider.System);

        var refusal = await Assert.ThrowsAsync<VmProviderException>(() => host.Ensure(engine.Order(), Never));

        Assert.Contains("It is not known what guests", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_of_the_name_that_no_couch_made_is_not_taken()
    {
        await engine.Network(options, isOurs: false);

        var refusal = await Assert.ThrowsAsync<VmProviderException>(
            () => engine.Host(options, TimeProvider.System).Ensure(engine.Order(), Never));

        Assert.True(refusal.IsFinal);
        Assert.Contains("COUCH_DOCKER_BRIDGE", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_that_need_the_network_at_once_make_it_once()
    {
        var (one, other) = (engine.Host(options, TimeProvider.System), engine.Host(options, TimeProvider.System));

        var made = await Task.WhenAll(one.Ensure(engine.Order(), Never), other.Ensure(engine.Order(), Never));

        Assert.All(await Task.WhenAll(made.Select(vm => engine.Inspect(vm.VmId))),
            vm => Assert.Equal([options.Bridge], vm!.NetworkSettings.Networks.Keys));
        Assert.Single(await engine.NetworksNamed(options.Bridge));
    }

    [Theory]
    [InlineData("apply", "couch-guests-too-long")]
    [InlineData("apply", "x\" }; flush ruleset")]
    [InlineData("apply", "--dns", "resolver.example", "br0")]
    [InlineData("remove", "--dns", "10.0.0.1", "br0")]
    [InlineData("open", "br0")]
    [InlineData]
    public async Task What_the_firewall_script_does_not_understand_changes_nothing(params string[] arguments)
    {
        var before = await OutsideWorld.AsRoot("nft", "list", "tables");

        Assert.NotEqual(0, (await Run(arguments)).ExitCode);

        Assert.DoesNotContain("x\"", (await OutsideWorld.AsRoot("nft", "list", "tables")).Output, StringComparison.Ordinal);
        Assert.Equal(0, before.ExitCode);
    }

    private static Task<(int ExitCode, string Output)> Run(params string[] arguments) =>
        OutsideWorld.AsRoot([Path.Combine(Repository.Root, "deploy", "sandbox-network.sh"), .. arguments]);

    private static IEnumerable<IPAddress> HostsOwn() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(one => one.OperationalStatus is OperationalStatus.Up && one.GetIPProperties().GatewayAddresses.Count > 0)
        .SelectMany(one => one.GetIPProperties().UnicastAddresses).Select(one => one.Address).Where(address => !address.IsIPv6LinkLocal);

    private static string LinkLocalOf(string bridge) => NetworkInterface.GetAllNetworkInterfaces().Single(one => one.Name == bridge)
        .GetIPProperties().UnicastAddresses.Select(one => one.Address).First(address => address.IsIPv6LinkLocal).ToString()
            .Split('%')[0] + "%eth0";

    private async Task<string> LinkLocalIn(EnsuredVm vm) =>
        (await engine.Run(vm.VmId, "ip -6 addr show dev eth0 scope link | sed -n 's/.*inet6 \\([^/]*\\).*/\\1/p'")).Trim() + "%eth0";

    private async Task Firewall(string command, int exitCode = 0)
    {
        var (code, output) = await Run(command, options.Bridge);
        Assert.True(code == exitCode, $"sandbox-network.sh {command} exited with {code}: {output}");
    }

    private DockerOptions Strict(string? probeImage = null) => new()
    {
        Image = options.Image,
        Engine = options.Engine,
        Command = options.Command,
        Bridge = options.Bridge,
        Subnet = options.Subnet,
        ProbeImage = probeImage,
        IsStrict = true,
    };

    /// <summary>Listens at all of the host's addresses: at one port it hangs up at once, at the other it says what it hears.</summary>
    private sealed class HostService : IDisposable
    {
        private readonly TcpListener silent = Listening();
        private readonly TcpListener echo = Listening();

        public HostService()
        {
            Task.Run(() => Serve(silent, _ => Task.CompletedTask));
            Task.Run(() => Serve(echo, stream => stream.CopyToAsync(stream)));
        }

        public int Port => ((IPEndPoint)silent.LocalEndpoint).Port;

        public int EchoPort => ((IPEndPoint)echo.LocalEndpoint).Port;

        public void Dispose()
        {
            silent.Dispose();
            echo.Dispose();
        }

        private static TcpListener Listening()
        {
            var listener = new TcpListener(IPAddress.IPv6Any, 0) { Server = { DualMode = true } };
            listener.Start();
            return listener;
        }

        private static async Task Serve(TcpListener listener, Func<NetworkStream, Task> answer)
        {
            try
            {
                while (true)
                {
                    using var client = await listener.AcceptTcpClientAsync();
                    await answer(client.GetStream());
                }
            }
            catch (Exception ended) when (ended is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
            {
                // The test is over.
            }
        }
    }
}
