using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Couch.Cluster.Configuration;

namespace Couch.Cluster.Vms.Docker;

/// <summary>How sandboxes are made on a container engine. Defaults live here; the table in docs/configuration.md says the same.</summary>
public sealed partial class DockerOptions
{
    /// <summary>Where a container engine listens unless it is told otherwise.</summary>
    public const string DefaultEngine = "unix:///var/run/docker.sock";

    private const string DefaultBridge = "couch-guests";
    private const int MostReference = 512;
    private const int DefaultPids = 512;
    private const int LeastPids = 16;
    private const int MostPids = 4_194_304;

    /// <summary>
    /// The image every sandbox is made from; must be on the engine already, nothing is pulled. Turns this VM provider on.
    /// </summary>
    /// <value>From <c>COUCH_DOCKER_IMAGE</c>; default none: this VM provider is off.</value>
    public required string Image { get; init; }

    /// <summary>
    /// Where the engine listens, Docker's or another that speaks its API: <c>unix://</c>, <c>tcp://</c> or <c>http://</c>, without TLS.
    /// </summary>
    /// <value>From <c>DOCKER_HOST</c>; default <c>unix:///var/run/docker.sock</c>.</value>
    public Uri Engine { get; init; } = new(DefaultEngine);

    /// <summary>What a sandbox runs, where the image's own command is not a service that stays.</summary>
    /// <value>
    /// From <c>COUCH_DOCKER_COMMAND</c>, as a Dockerfile's CMD: a JSON array of words, or a line for <c>/bin/sh -c</c>; default the image's
    /// own.
    /// </value>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>
    /// The sandbox's TCP port that gets a free port of the engine's machine; that is then the guest's endpoint. 1 to 65535.
    /// </summary>
    /// <value>
    /// From <c>COUCH_DOCKER_PORT</c>; default none: a sandbox is reached by exec alone, its endpoint is <c>container://</c> and its name.
    /// </value>
    public int? Port { get; init; }

    /// <summary>
    /// The host name in endpoints. A loopback one keeps published ports on the loopback address; any other opens them on all.
    /// </summary>
    /// <value>From <c>COUCH_DOCKER_ENDPOINT_HOST</c>, a host name or an IP address; default <c>127.0.0.1</c>.</value>
    public string EndpointHost { get; init; } = "127.0.0.1";

    /// <summary>
    /// The network for guests that may reach the internet and not the host's services, where the operator brings one and keeps it from the
    /// host.
    /// </summary>
    /// <value>From <c>COUCH_DOCKER_NETWORK</c>, a network on the engine; default none: one is made, named <see cref="Bridge"/>.</value>
    public string? Network { get; init; }

    /// <summary>
    /// The name of the network that is made for those guests, and of its network interface, by which deploy/sandbox-network.sh keeps it.
    /// </summary>
    /// <value>
    /// From <c>COUCH_DOCKER_BRIDGE</c>, 1 to 15 of letters, digits, <c>_</c>, <c>.</c> and <c>-</c>; default <c>couch-guests</c>.
    /// </value>
    public string Bridge { get; init; } = DefaultBridge;

    /// <summary>The addresses of that network. Counts when it is made.</summary>
    /// <value>
    /// From <c>COUCH_DOCKER_SUBNET</c>, IPv4 such as <c>10.213.16.0/22</c>; default the engine's choice (Podman's holds 253 guests).
    /// </value>
    public IPNetwork? Subnet { get; init; }

    /// <summary>The image of the sandboxes that find out what guests reach: it needs <c>/bin/sh</c>, and bash or busybox' nc.</summary>
    /// <value>From <c>COUCH_DOCKER_PROBE_IMAGE</c>, on the engine already; default <see cref="Image"/>.</value>
    public string? ProbeImage { get; init; }

    /// <summary>
    /// Refuses guests whose <c>canAccessHostServices: false</c> was not seen to be kept, instead of a warning at start. From
    /// <c>COUCH_DOCKER_STRICT</c>; default false.
    /// </summary>
    public bool IsStrict { get; init; }

    /// <summary>The runtime that runs sandboxes, such as <c>runsc</c> or <c>kata</c>.</summary>
    /// <value>From <c>COUCH_DOCKER_RUNTIME</c>, one the engine knows; default the engine's own.</value>
    public string? Runtime { get; init; }

    /// <summary>The most processes and threads in one sandbox. 16 to 4,194,304; default 512. From <c>COUCH_DOCKER_PIDS</c>.</summary>
    public int Pids { get; init; } = DefaultPids;

    /// <summary>What tells that a running sandbox is ready. Only asked where a port is published.</summary>
    /// <value>
    /// From <c>COUCH_VM_PROBE</c>: <c>none</c>, <c>tcp</c>, or <c>http:/path</c>; default <c>tcp</c> with <see cref="Port"/>, else
    /// <c>none</c>.
    /// </value>
    public Probe Probe { get; init; } = Probe.None;

    /// <summary>
    /// Reads the options, telling <paramref name="settings"/> of everything that is wrong. Null: this VM provider is off.
    /// </summary>
    public static DockerOptions? Read(Settings settings)
    {
        var image = settings.Text("COUCH_DOCKER_IMAGE");
        var engine = settings.Text("DOCKER_HOST");
        var command = settings.Text("COUCH_DOCKER_COMMAND");
        var port = settings.Whole("COUCH_DOCKER_PORT", 0, 1, 65535);
        var endpointHost = settings.Text("COUCH_DOCKER_ENDPOINT_HOST") ?? "127.0.0.1";
        var network = settings.Text("COUCH_DOCKER_NETWORK");
        var bridge = settings.Text("COUCH_DOCKER_BRIDGE") ?? DefaultBridge;
        var subnet = settings.Text("COUCH_DOCKER_SUBNET");
        var probeImage = settings.Text("COUCH_DOCKER_PROBE_IMAGE");
        var isStrict = settings.YesOrNo("COUCH_DOCKER_STRICT", false);
        var runtime = settings.Text("COUCH_DOCKER_RUNTIME");
        var pids = settings.Whole("COUCH_DOCKER_PIDS", DefaultPids, LeastPids, MostPids);
        // Other programs use DOCKER_HOST too: a couch without this VM provider ignores it.
        if (image is null)
            return null;

        foreach (var (name, reference) in new[] { ("COUCH_DOCKER_IMAGE", image), ("COUCH_DOCKER_PROBE_IMAGE", probeImage) })
        {
            if (reference is not null && (reference.Length > MostReference || !ImageReference().IsMatch(reference)))
                settings.Wrong(name, "must be an image's name, such as couch-guest:latest or registry.example/team/guest@sha256:…, not "
                    + $"'{reference}'");
        }

        if (Uri.CheckHostName(endpointHost) is UriHostNameType.Unknown)
            settings.Wrong("COUCH_DOCKER_ENDPOINT_HOST", $"must be a host name or an IP address, not '{endpointHost}'");
        if (!BridgeName().IsMatch(bridge))
            settings.Wrong("COUCH_DOCKER_BRIDGE", "must be 1 to 15 letters, digits, '_', '.' and '-', and begin with a letter or a digit, "
                + $"not '{bridge}'");
        if (network is "host" or "none" || network?.StartsWith("container:", StringComparison.Ordinal) is true)
            settings.Wrong(
                "COUCH_DOCKER_NETWORK", $"must name a network for guests, not '{network}': with host a guest would be the machine itself");
        return new DockerOptions
        {
            Image = image,
            Engine = ReadEngine(settings, engine ?? DefaultEngine),
            Command = ReadCommand(settings, command),
            Port = port is 0 ? null : port,
            EndpointHost = endpointHost,
            Network = network,
            Bridge = bridge,
            Subnet = ReadSubnet(settings, subnet),
            ProbeImage = probeImage,
            IsStrict = isStrict,
            Runtime = runtime,
            Pids = pids,
            Probe = ReadProbe(settings, isPublished: port is not 0),
        };
    }

    private static Uri ReadEngine(Settings settings, string text)
    {
        // The address is told in messages, and the engine asks for no password: an '@' is not quoted, because there may be one before it.
        if (text.Contains('@', StringComparison.Ordinal))
        {
            settings.Wrong("DOCKER_HOST", "must have no '@': an engine is reached without a name and a password. It is not quoted here");
            return new(DefaultEngine);
        }

        if (!text.Any(char.IsWhiteSpace) && Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme switch
            {
                "unix" => address.AbsolutePath.Length > 1,
                "tcp" or "http" => address.Host.Length > 0,
                _ => false,
            })
            return address;
        settings.Wrong("DOCKER_HOST", $"must be unix:///path, tcp://host:port or http://host:port, without spaces, not '{text}'");
        return new(DefaultEngine);
    }

    private static IPNetwork? ReadSubnet(Settings settings, string? text)
    {
        if (text is null)
            return null;
        if (IPNetwork.TryParse(text, out var subnet)
            && subnet is { BaseAddress.AddressFamily: AddressFamily.InterNetwork, PrefixLength: >= 8 and <= 29 })
            return subnet;
        settings.Wrong("COUCH_DOCKER_SUBNET", $"must be an IPv4 network from /8 to /29 such as 10.213.16.0/22, not '{text}'");
        return null;
    }

    private static string[]? ReadCommand(Settings settings, string? text)
    {
        if (text is null || !text.StartsWith('['))
            return text is null ? null : ["/bin/sh", "-c", text];
        try
        {
            if (JsonSerializer.Deserialize<string?[]>(text) is { Length: > 0 } words && words.All(word => word is not null))
                return words!;
        }
        catch (JsonException)
        {
        }

        settings.Wrong("COUCH_DOCKER_COMMAND", "begins with '[' and is no JSON array of words, such as [\"sleep\", \"infinity\"]");
        return null;
    }

    private static Probe ReadProbe(Settings settings, bool isPublished)
    {
        var probe = Probe.Read(settings, otherwise: isPublished ? "tcp" : "none");
        if (probe is not Probe.Nothing && !isPublished)
            settings.Wrong(
                "COUCH_VM_PROBE", $"is '{settings.Text("COUCH_VM_PROBE")}', which needs a published port: set COUCH_DOCKER_PORT");
        return probe;
    }

    private const string Registry = @"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?";
    private const string PathPart = @"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*";
    private const string Tag = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
    private const string Digest = "[a-z0-9]+:[0-9a-f]{32,128}";

    /// <summary>An image's name as engines read it: a registry and its port, a path in small letters, a tag, a digest.</summary>
    [GeneratedRegex($@"^(?:{Registry}/)?{PathPart}(?:/{PathPart})*(?::{Tag})?(?:@{Digest})?\z")]
    private static partial Regex ImageReference();

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}\\z")]
    private static partial Regex BridgeName();
}
