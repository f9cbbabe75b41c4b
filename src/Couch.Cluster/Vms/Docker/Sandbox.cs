using System.Globalization;
using System.Net;
using Couch.Domain.Guests;
using Docker.DotNet.Models;

namespace Couch.Cluster.Vms.Docker;

/// <summary>A guest's order in the engine's words. No I/O.</summary>
internal static class Sandbox
{
    public const string GuestLabel = "couch.guest";
    public const string InstallationLabel = "couch.installation";

    /// <summary>Set to <c>true</c> on a container by its owner: a guest that is given it by hand may take it along at its end.</summary>
    public const string AdoptLabel = "couch.adopt";
    public const double BytesPerMB = 1024 * 1024;
    public const double BytesPerGB = 1024 * BytesPerMB;

    // Far beyond any machine, and still a size to every engine.
    private const double MostBytes = 1L << 60;

    // What a service of its own users needs, sshd among them, and nothing that reaches out of the sandbox.
    private static readonly string[] Capabilities =
        ["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID", "SYS_CHROOT"];

    /// <summary>One name a guest: the engine itself refuses a second.</summary>
    public static string NameOf(GuestId guest) => "couch-" + guest.Value.ToLowerInvariant();

    public static CreateContainerParameters For(VmOrder order, DockerOptions options, EngineAbilities engine)
    {
        var isOnline = order.Permissions.CanAccessInternet;
        var port = isOnline && options.Port is { } number ? string.Create(CultureInfo.InvariantCulture, $"{number}/tcp") : null;
        var memory = Bytes(order.Limits.MaxMemoryMB * BytesPerMB);
        return new CreateContainerParameters
        {
            Name = NameOf(order.Guest),
            Image = options.Image,
            Cmd = options.Command is null ? null : [.. options.Command],
            Env = order.PublicKey is null ? null : [$"COUCH_PUBLIC_KEY={order.PublicKey}"],
            Labels = new Dictionary<string, string> { [GuestLabel] = order.Guest.Value, [InstallationLabel] = order.Installation },
            ExposedPorts = port is null ? null : new Dictionary<string, EmptyStruct> { [port] = default },
            HostConfig = new HostConfig
            {
                NanoCPUs = NanoCpus(order.Limits.MaxCpuCores, engine.Cores),
                Memory = memory,
                // The two together: equal means no swap on top.
                MemorySwap = memory,
                PidsLimit = options.Pids,
                StorageOpt = engine.LimitsDisk
                    ? new Dictionary<string, string> { ["size"] = Bytes(order.Limits.MaxDiskGB * BytesPerGB).ToString(CultureInfo.InvariantCulture) }
                    : null,
                NetworkMode = NetworkFor(order.Permissions, options),
                PortBindings = port is null ? null : new Dictionary<string, IList<PortBinding>> { [port] = [Published(options)] },
                CapDrop = ["ALL"],
                CapAdd = [.. Capabilities],
                SecurityOpt = ["no-new-privileges"],
                Runtime = options.Runtime,
                Init = engine.HasInit ? true : null,
                // A sandbox that ended stays ended: starting it again would hide that the guest lost its work.
                RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.No },
            },
        };
    }

    /// <summary>The port of the engine's machine that leads into the sandbox; null where none does.</summary>
    public static int? PublishedPort(ContainerInspectResponse container, DockerOptions options) =>
        options.Port is { } port
        && container.NetworkSettings?.Ports is { } ports
        && ports.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"{port}/tcp"), out var bindings)
        && bindings is [var first, ..]
        && int.TryParse(first.HostPort, NumberStyles.None, CultureInfo.InvariantCulture, out var published)
            ? published
            : null;

    public static string EndpointOf(ContainerInspectResponse container, DockerOptions options) =>
        PublishedPort(container, options) is { } port
            ? new UriBuilder("http", options.EndpointHost, port).Uri.GetLeftPart(UriPartial.Authority)
            : "container://" + container.Name.TrimStart('/');

    private static string NetworkFor(Permissions permissions, DockerOptions options) => permissions switch
    {
        { CanAccessInternet: false } => "none",
        { CanAccessHostServices: false } when options.Network is { } network => network,
        _ => "default",
    };

    private static PortBinding Published(DockerOptions options) =>
        new() { HostIP = IsLoopback(options.EndpointHost) ? "127.0.0.1" : "", HostPort = "" };

    private static bool IsLoopback(string host) =>
        IPAddress.TryParse(host, out var address) ? IPAddress.IsLoopback(address) : host.Equals("localhost", StringComparison.OrdinalIgnoreCase);

    // Engines refuse more cores than there are, and less than a hundredth.
    private static long NanoCpus(double cores, long most) => (long)(Math.Clamp(cores, 0.01, most) * 1e9);

    private static long Bytes(double bytes) => (long)Math.Min(bytes, MostBytes);
}
