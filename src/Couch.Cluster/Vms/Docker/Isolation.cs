using System.Globalization;
using Docker.DotNet.Models;

namespace Couch.Cluster.Vms.Docker;

/// <summary>What a network denies to the guests on it, as a sandbox on it has found out. No I/O.</summary>
/// <param name="IsKept">Guests were seen to reach nothing that <c>canAccessHostServices: false</c> denies them.</param>
/// <param name="Sentence">The same for an operator, with what to do when it is not so.</param>
/// <param name="MayPass">The result is unknown, for a reason that may be temporary.</param>
internal sealed record Isolation(bool IsKept, string Sentence, bool MayPass = false)
{
    /// <summary>
    /// Run by a shell with one target an argument (<c>what address port</c>): tries the targets up to a <c>wait</c> at once and
    /// prints the result of each, a line each. It needs bash, or an nc that says why it failed (busybox). A target that gives no
    /// answer is asked again at the firewall's port, because a kernel limits the rate of the messages that are waited for.
    /// </summary>
    public const string Script = """
        export LC_ALL=C
        ask() {
          if command -v bash >/dev/null 2>&1; then timeout 4 bash -c "exec 3<>/dev/tcp/$2/$3"
          elif command -v nc >/dev/null 2>&1; then timeout 8 nc -w 4 "$2" "$3" </dev/null; code=$?
            # Once connected it waits for the other side to hang up.
            case $code in 124 | 143) true ;; *) return $code ;; esac
          else echo no tool; false
          fi
        }
        try() {
          for again in 1 2 3; do
            if said=$(ask "$@" 2>&1); then said=connected; fi
            case $3:$said in 4: | 4:*'timed out'*) ;; *) break ;; esac
          done
          echo "$@" $said
        }
        for target; do
          case $target in wait) wait ;; *) try $target & ;; esac
        done
        wait
        """;

    private const string Host = "host";
    private const string OtherGuest = "guest";
    private const string Metadata = "metadata";
    private const string Private = "private";
    private const string MetadataAddress = "169.254.169.254";

    // The order in which they are reported: the tries are made in parallel, and end in any order.
    private static readonly string[] Kinds = [Host, OtherGuest, Metadata, Private];

    // What a machine answers for a port without a listener, and what deploy/sandbox-network.sh answers at one port of all that it
    // denies: two answers that need no listener. No other firewall is known to give the second.
    private const string Refused = "Connection refused";
    private const string Denied = "Protocol not available";
    private const int FirewallsPort = 4;

    // Discard, sshd, an engine that listens on TCP, and a port without a rule of its own. A firewall of the machine's own may leave
    // some of them open.
    private static readonly int[] HostPorts = [9, 22, 2375, 49999];

    // A metadata service, and the last addresses of private ranges. The hosts need not exist: the firewall answers that they are
    // denied.
    private static readonly string[] Elsewhere =
    [
        $"{Metadata} {MetadataAddress} 80",
        $"{Private} 10.255.255.254 9", $"{Private} 172.31.255.254 9", $"{Private} 192.168.255.254 9", $"{Private} 100.127.255.254 9",
    ];

    /// <summary>What a guest beside the sandbox at <paramref name="other"/> must not reach.</summary>
    public static IEnumerable<string> Targets(EndpointSettings other)
    {
        // The targets at which the firewall certainly answers come first: later the kernel may have no messages left for this
        // sandbox.
        yield return string.Create(CultureInfo.InvariantCulture, $"{Host} {other.Gateway} {FirewallsPort}");
        yield return string.Create(CultureInfo.InvariantCulture, $"{Metadata} {MetadataAddress} {FirewallsPort}");
        yield return "wait";
        foreach (var (gateway, address) in new[] { (other.Gateway, other.IPAddress), (other.IPv6Gateway, other.GlobalIPv6Address) })
        {
            if (gateway is { Length: > 0 })
            {
                foreach (var port in HostPorts)
                    yield return string.Create(CultureInfo.InvariantCulture, $"{Host} {gateway} {port}");
            }

            if (address is { Length: > 0 })
                yield return $"{OtherGuest} {address} 9";
        }

        foreach (var target in Elsewhere)
            yield return target;
    }

    /// <summary>Reads what <see cref="Script"/> said.</summary>
    /// <param name="otherLived">Whether the other sandbox still existed to answer.</param>
    public static Isolation Of(DockerOptions options, string said, bool otherLived)
    {
        var seen = said.Split('\n').Select(line => line.Trim().Split(' ', 4)).Where(words => words.Length >= 3)
            .Select(words => (What: words[0], Where: $"{words[1]}:{words[2]}", Words: words.Length > 3 ? words[3] : "")).ToList();
        if (!seen.Any(one => one.What is Host) || !seen.Any(one => one.What is OtherGuest) || !otherLived)
            return Unknown(
                options, $"its probe ended early, and said: {(said.Trim() is { Length: > 0 } words ? words : "nothing")}", mayPass: true);
        if (seen.Any(one => one.Words.Contains("no tool", StringComparison.Ordinal)))
            return Unknown(options, $"the image {options.ProbeImage ?? options.Image} has neither bash nor nc. Set "
                + "COUCH_DOCKER_PROBE_IMAGE to one that has");

        var reached = seen.Where(one => one.Words is "connected" || one.Words.Contains(Refused, StringComparison.Ordinal)).ToList();
        if (reached.Count > 0)
        {
            var kinds = reached.GroupBy(one => one.What).OrderBy(kind => Array.IndexOf(Kinds, kind.Key));
            var what = string.Join(", ", kinds.Select(kind => $"{Name(kind.Key)} ({kind.First().Where})"));
            return new(false, $"Guests on the network {NameOf(options)} reach {what}. {WhatToDo(options)}");
        }

        // Both the way to this machine and the way through it must be denied. Between two guests the bridge itself may give no
        // answer, but the other one is known to have existed.
        if (new[] { Host, Metadata }.All(way => seen.Any(one => one.What == way && one.Words.Contains(Denied, StringComparison.Ordinal))))
            return new(true, $"Guests on the network {NameOf(options)} are kept from the host, its networks, metadata and each other by "
                + "deploy/sandbox-network.sh");
        return options.Network is null
            ? new(false, $"deploy/sandbox-network.sh is not in force for guests on the network {NameOf(options)}. {WhatToDo(options)}")
            : new(true, $"Guests on the network {NameOf(options)} were answered by nothing that they must not reach; it is kept by the "
                + "operator, not by deploy/sandbox-network.sh");
    }

    public static Isolation Unknown(DockerOptions options, string why, bool mayPass = false) =>
        new(false, $"It is not known what guests on the network {NameOf(options)} reach: {why}", mayPass);

    private static string NameOf(DockerOptions options) => options.Network ?? options.Bridge;

    private static string Name(string what) => what switch
    {
        Host => "the host",
        OtherGuest => "each other",
        Metadata => "a metadata service",
        _ => "private networks",
    };

    private static string WhatToDo(DockerOptions options) => options.Network is null
        ? $"Run on the engine's machine, as root: deploy/sandbox-network.sh apply {options.Bridge}"
        : "It is the one that COUCH_DOCKER_NETWORK names: keep it from them, for example by deploy/sandbox-network.sh with its bridge, or "
            + "unset the option";
}
