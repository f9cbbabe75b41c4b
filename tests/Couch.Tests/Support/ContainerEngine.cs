using System.Security.Cryptography;
using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Docker;
using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;

namespace Couch.Tests.Support;

/// <summary>
/// The container engine that tests/run.sh and tests/with-engine.sh provide, and one test's couch on it. What the couch
/// made is gone with the test.
/// </summary>
internal sealed class ContainerEngine : IAsyncDisposable
{
    private const int MostTries = 3;
    private static readonly TimeSpan ExecBound = TimeSpan.FromSeconds(30);

    private readonly DockerClient client = new DockerClientConfiguration(Address).CreateClient();
    private readonly List<DockerProvider> hosts = [];
    private readonly List<string> networks = [];

    public static Uri Address => new(Variable("DOCKER_HOST"));

    /// <summary>A tiny image whose own command is none: busybox under its many names.</summary>
    public static string Image => Variable("COUCH_TEST_IMAGE");

    /// <summary>The guests' network of tests that need none of their own, and its bridge.</summary>
    public static string Bridge => Variable("COUCH_TEST_BRIDGE");

    /// <summary>A service that stays, and listens on 8080.</summary>
    public static IReadOnlyList<string> WebServer { get; } = ["sh", "-c", "echo hello > /tmp/page; exec httpd -f -p 8080 -h /tmp"];

    /// <summary>A service that stays, and listens nowhere.</summary>
    public static IReadOnlyList<string> Idle { get; } = ["sleep", "1000"];

    /// <summary>This test's couch.</summary>
    public string Installation { get; } = GuestId.New(Some.Time, Some.Random).Value;

    /// <summary>What the hosts logged.</summary>
    public Lines Log { get; } = new();

    public DockerProvider Host(IReadOnlyList<string>? command, int? port = null, Probe? probe = null, string? image = null)
    {
        var options = new DockerOptions { Image = image ?? Image, Engine = Address, Command = command, Port = port,
            Probe = probe ?? Probe.None, Bridge = Bridge };
        return Host(options, TimeProvider.System);
    }

    /// <summary>Options of a couch whose guests' network is this test's alone, and is gone with it.</summary>
    public DockerOptions OnItsOwnNetwork()
    {
        var name = "cch" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        networks.Add(name);
        var place = RandomNumberGenerator.GetBytes(2);
        return new DockerOptions
        {
            Image = Image,
            Engine = Address,
            Command = WebServer,
            Port = 8080,
            Probe = new Probe.Tcp(),
            Bridge = name,
            // Engines beside this one do not know which addresses it has given out.
            Subnet = new(new([10, (byte)(200 + place[0] % 55), place[1], 0]), 24),
        };
    }

    public DockerProvider Host(DockerOptions options, TimeProvider clock)
    {
        var host = new DockerProvider(options, clock, Log);
        hosts.Add(host);
        return host;
    }

    public VmOrder Order(bool mayExist = false, bool canAccessInternet = true, bool canAccessHostServices = false,
        ResourceLimits? limits = null, string? publicKey = null, string? installation = null) => new()
    {
        Guest = GuestId.New(TimeProvider.System.GetUtcNow(), Some.Random),
        Installation = installation ?? Installation,
        MayExist = mayExist,
        Limits = limits ?? ResourceLimits.Default with { MaxMemoryMB = 64, MaxCpuCores = 1 },
        Permissions = Permissions.Default with { CanAccessInternet = canAccessInternet, CanAccessHostServices = canAccessHostServices },
        PublicKey = publicKey,
    };

    /// <summary>Makes a container beside the couch, without its claim but gone with the test.</summary>
    public async Task<string> Container(CreateContainerParameters container)
    {
        container.Labels = new Dictionary<string, string>(container.Labels ?? new Dictionary<string, string>())
        {
            ["couch.test"] = Installation,
        };
        return (await client.Containers.CreateContainerAsync(container)).ID;
    }

    /// <summary>Makes the guests' network before a couch does, as an operator might.</summary>
    public Task Network(DockerOptions options, bool isIPv6Too = false, bool isOurs = true)
    {
        var subnet = options.Subnet!.Value.ToString();
        var place = options.Subnet.Value.BaseAddress.GetAddressBytes();
        return client.Networks.CreateNetworkAsync(new NetworksCreateParameters
        {
            Name = options.Bridge,
            Driver = "bridge",
            EnableIPv6 = isIPv6Too,
            Labels = isOurs ? new Dictionary<string, string> { [GuestNetwork.Label] = "guests" } : null,
            Options = new Dictionary<string, string> { ["com.docker.network.bridge.name"] = options.Bridge },
            IPAM = new IPAM
            {
                Driver = "default",
                Config = [new IPAMConfig { Subnet = subnet },
                    .. isIPv6Too ? [new IPAMConfig { Subnet = $"fd00:{place[1]:x}:{place[2]:x}::/64" }] : Array.Empty<IPAMConfig>()],
            },
        });
    }

    public async Task<IReadOnlyList<NetworkResponse>> NetworksNamed(string name) =>
        [.. (await client.Networks.ListNetworksAsync(new())).Where(network => network.Name == name)];

    /// <summary>The sandboxes that are left of trying out a couch's network.</summary>
    public async Task<IReadOnlyList<ContainerListResponse>> Probes(DockerOptions options)
    {
        var probes = new Dictionary<string, IDictionary<string, bool>>
        {
            ["label"] = new Dictionary<string, bool> { ["couch.probe"] = true },
        };
        return
        [
            .. (await client.Containers.ListContainersAsync(new() { All = true, Filters = probes }))
                .Where(one => one.NetworkSettings.Networks.ContainsKey(options.Bridge)),
        ];
    }

    /// <summary>What somebody does to containers who is not the couch.</summary>
    public IContainerOperations Containers => client.Containers;

    public async Task<ContainerInspectResponse?> Inspect(string nameOrId)
    {
        try
        {
            return await client.Containers.InspectContainerAsync(nameOrId);
        }
        // Podman answers 500 where it goes while it is looked at.
        catch (DockerApiException missing)
            when (missing is DockerContainerNotFoundException || missing.Message.Contains("no such container", StringComparison.Ordinal))
        {
            return null;
        }
    }

    /// <summary>
    /// What a command says inside a sandbox, its errors included. It must be one that may run twice: a stream that the engine never ends is
    /// given up, and asked for again.
    /// </summary>
    public async Task<string> Run(string vmId, string command)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await RunOnce(vmId, command).WaitAsync(ExecBound);
            }
            catch (TimeoutException) when (tries < MostTries)
            {
            }
        }
    }

    /// <summary>This couch's sandboxes, as a host lists them.</summary>
    public async Task<IReadOnlyList<ListedVm>> Mine(DockerProvider host) =>
        [.. (await host.List(CancellationToken.None)).Where(vm => vm.Installation == Installation)];

    public async ValueTask DisposeAsync()
    {
        hosts.ForEach(host => host.Dispose());
        foreach (var label in new[] { "couch.installation", "couch.test" })
        {
            var mine = new Dictionary<string, IDictionary<string, bool>>
            {
                ["label"] = new Dictionary<string, bool> { [$"{label}={Installation}"] = true },
            };
            foreach (var container in await client.Containers.ListContainersAsync(new() { All = true, Filters = mine }))
                await client.Containers.RemoveContainerAsync(container.ID, new() { Force = true, RemoveVolumes = true });
        }

        foreach (var network in await client.Networks.ListNetworksAsync(new()))
        {
            if (networks.Contains(network.Name))
                await client.Networks.DeleteNetworkAsync(network.ID);
        }

        client.Dispose();
    }

    private async Task<string> RunOnce(string vmId, string command)
    {
        var exec = await client.Exec.ExecCreateContainerAsync(
            vmId, new() { AttachStdout = true, AttachStderr = true, Cmd = ["sh", "-c", command] });
        using var stream = await client.Exec.StartAndAttachContainerExecAsync(exec.ID, tty: false);
        var (output, errors) = await stream.ReadOutputToEndAsync(CancellationToken.None);
        return (output + errors).Trim();
    }

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException(
        $"{name} is not set: run the tests by tests/run.sh, or one of them by tests/with-engine.sh dotnet run --project tests/Couch.Tests");

    internal sealed class Lines : ILogger<DockerProvider>
    {
        private readonly List<string> lines = [];

        public string Text
        {
            get
            {
                lock (lines)
                    return string.Join('\n', lines);
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines)
                lines.Add(formatter(state, exception));
        }
    }
}
