using System.Globalization;
using System.Net;
using Couch.Domain.Guests;
using Docker.DotNet.Models;

namespace Couch.Cluster.Vms.Docker;

/// <summary>A guest's order in the engine's words. No I/O.</summary>
internal static class Sandbox
{

    /// <summary>Set to <c>true</c> on a container by its owner: a guest that is given it by hand may take it along at its end.</summary>
    public const string AdoptLabel = "couch.adopt";
    public const double BytesPerMB = 1024 * 1024;
    public const double BytesPerGB = 1024 * BytesPerMB;

    /// <summary>What one file of a sandbox's log may at least hold: its last words are read from it.</summary>
    public const long LeastLog = 64 * 1024;

    /// <summary>How much of the disk its log may hold, in bytes: counted as used, since no engine tells how much it holds.</summary>
    private const string LogLabel = "couch.log";

    private const long MostLog = 8 * 1024 * 1024;
    private const int LogFiles = 2;

    // Of its disk, to each file of its log.
    private const double LogShare = 1.0 / 128;

    // Of its memory, to each folder that is in memory: as Linux has it for a machine.
    private const double MemoryFolderShare = 0.5;

    // Open files: what Linux gives a process, and what it may ask for. Processes: Podman would set a million, and be
    // refused where it may not; the limit that counts is the pids limit, for this one counts a user over all sandboxes.
    private const long FilesAtFirst = 1024;
    private const long MostFiles = 16_384;
    private const long MostProcesses = 32_768;

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
        // 0 would be no limit to an engine, and an invite of an earlier version may say next to nothing.
        var memory = Bytes(Math.Max(order.Limits.MaxMemoryMB, ResourceLimits.LeastMemoryMB) * BytesPerMB);
        var disk = Bytes(Math.Max(order.Limits.MaxDiskGB, ResourceLimits.LeastDiskGB) * BytesPerGB);
        var logFile = (long)Math.Clamp(disk * LogShare, LeastLog, MostLog);
        var memoryFolder = (long)Math.Max(memory * MemoryFolderShare, Environment.SystemPageSize);
        return new CreateContainerParameters
        {
            Name = NameOf(order.Guest),
            Image = options.Image,
            Cmd = options.Command is null ? null : [.. options.Command],
            Env = order.PublicKey is null ? null : [$"COUCH_PUBLIC_KEY={order.PublicKey}"],
            Labels = new Dictionary<string, string>
            {
                [VmLabels.Guest] = order.Guest.Value,
                [VmLabels.Installation] = order.Installation,
                [LogLabel] = (LogFiles * logFile).ToString(CultureInfo.InvariantCulture),
            },
            ExposedPorts = port is null ? null : new Dictionary<string, EmptyStruct> { [port] = default },
            HostConfig = new HostConfig
            {
                NanoCPUs = NanoCpus(order.Limits.MaxCpuCores, engine.Cores),
                Memory = memory,
                // The two together: equal means no swap on top.
                MemorySwap = memory,
                PidsLimit = options.Pids,
                StorageOpt = engine.LimitsDisk
                    ? new Dictionary<string, string> { ["size"] = disk.ToString(CultureInfo.InvariantCulture) }
                    : null,
                NetworkMode = order.Permissions switch
                {
                    { CanAccessInternet: false } => "none",
                    { CanAccessHostServices: false } => options.Network ?? options.Bridge,
                    _ => "default",
                },
                PortBindings = port is null ? null : new Dictionary<string, IList<PortBinding>> { [port] = [Published(options)] },
                CapDrop = ["ALL"],
                CapAdd = [.. Capabilities],
                SecurityOpt = ["no-new-privileges"],
                LogConfig = LogOf(logFile),
                Ulimits = engine.SetsUlimits ? [.. Ulimits(disk, engine)] : null,
                // Both are its memory, and counted as that. Docker's own options would keep programs from being run from there.
                ShmSize = memoryFolder,
                Tmpfs = new Dictionary<string, string>
                {
                    ["/tmp"] = string.Create(CultureInfo.InvariantCulture, $"rw,exec,nosuid,nodev,mode=1777,size={memoryFolder}"),
                },
                IpcMode = "private",
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

    /// <summary>Whether the guest's network has to keep the host from it. One without a network has it kept by that.</summary>
    public static bool NeedsGuestNetwork(Permissions permissions) =>
        permissions is { CanAccessInternet: true, CanAccessHostServices: false };

    /// <summary>
    /// A log of two files of this many bytes, the older of which is given up for a new one; Podman has one, and empties it.
    /// Both engines know this driver by this name, and whatever their own is may be without bounds.
    /// </summary>
    public static LogConfig LogOf(long fileBytes) => new()
    {
        Type = "json-file",
        Config = new Dictionary<string, string>
        {
            ["max-size"] = fileBytes.ToString(CultureInfo.InvariantCulture),
            ["max-file"] = LogFiles.ToString(CultureInfo.InvariantCulture),
        },
    };

    /// <summary>What a sandbox's log may hold on the engine's disk, in bytes; 0 where an older couch made it.</summary>
    public static long LogBytes(ContainerInspectResponse container) =>
        container.Config.Labels is { } labels && labels.TryGetValue(LogLabel, out var text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            ? Math.Min(bytes, LogFiles * MostLog)
            : 0;

    // A core file may be written where no limit of the sandbox's counts; one file cannot be larger than its whole disk.
    private static IEnumerable<Ulimit> Ulimits(long disk, EngineAbilities engine)
    {
        yield return new() { Name = "core", Soft = 0, Hard = 0 };
        yield return new() { Name = "fsize", Soft = disk, Hard = disk };
        yield return new() { Name = "nofile", Soft = FilesAtFirst, Hard = MostFiles };
        if (engine.IsPodman)
            yield return new() { Name = "nproc", Soft = MostProcesses, Hard = MostProcesses };
    }

    private static PortBinding Published(DockerOptions options) =>
        new() { HostIP = IsLoopback(options.EndpointHost) ? "127.0.0.1" : "", HostPort = "" };

    private static bool IsLoopback(string host) =>
        IPAddress.TryParse(host, out var address)
            ? IPAddress.IsLoopback(address)
            : host.Equals("localhost", StringComparison.OrdinalIgnoreCase);

    // Engines refuse more cores than there are, and less than a hundredth.
    private static long NanoCpus(double cores, long most) => (long)(Math.Clamp(cores, ResourceLimits.LeastCpuCores, most) * 1e9);

    private static long Bytes(double bytes) => (long)Math.Min(bytes, MostBytes);
}
