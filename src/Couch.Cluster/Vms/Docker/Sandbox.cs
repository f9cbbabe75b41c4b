using System.Globalization;
using System.Net;
using Couch.Domain.Guests;
using Docker.DotNet.Models;

namespace Couch.Cluster.Vms.Docker;

/// <summary>A guest's order as parameters for the engine. No I/O.</summary>
internal static class Sandbox
{

    /// <summary>
    /// Set to <c>true</c> on a container by its owner: when the container is given to a guest by hand, it may be destroyed at the
    /// guest's end.
    /// </summary>
    public const string AdoptLabel = "couch.adopt";
    public const double BytesPerMB = 1024 * 1024;
    public const double BytesPerGB = 1024 * BytesPerMB;

    /// <summary>The least size of one file of a sandbox's log: its last lines are read from it.</summary>
    public const long LeastLog = 64 * 1024;

    /// <summary>
    /// The label that says how much of the disk the log may use, in bytes: counted as used, since no engine reports the actual
    /// size.
    /// </summary>
    private const string LogLabel = "couch.log";

    private const long MostLog = 8 * 1024 * 1024;
    private const int LogFiles = 2;

    // The share of the disk for each file of the log.
    private const double LogShare = 1.0 / 128;

    // The share of the memory for each folder in memory: the same as Linux gives on a machine.
    private const double MemoryFolderShare = 0.5;

    // Open files: what Linux gives a process, and what it may ask for. Processes: Podman would set a million, and be refused when
    // it may not; the effective limit is the pids limit, because this one counts a user over all sandboxes.
    private const long FilesAtFirst = 1024;
    private const long MostFiles = 16_384;
    private const long MostProcesses = 32_768;

    // Far beyond any machine, and still a size that every engine accepts.
    private const double MostBytes = 1L << 60;

    // What a service with users of its own needs, sshd among them, and nothing that gives access outside the sandbox.
    private static readonly string[] Capabilities =
        ["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID", "SYS_CHROOT"];

    /// <summary>One name per guest: the engine itself refuses a second container of that name.</summary>
    public static string NameOf(GuestId guest) => "couch-" + guest.Value.ToLowerInvariant();

    public static CreateContainerParameters For(VmOrder order, DockerOptions options, EngineAbilities engine)
    {
        var isOnline = order.Permissions.CanAccessInternet;
        var port = isOnline && options.Port is { } number ? string.Create(CultureInfo.InvariantCulture, $"{number}/tcp") : null;
        // An engine takes 0 as no limit, and an invite of an earlier version may name a value near 0.
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
                // Memory and swap together: an equal value means no swap.
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
                // Both are part of the sandbox's memory, and count as that. Docker's own options would prevent programs from being
                // run from there.
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

    /// <summary>The port of the engine's machine that leads into the sandbox; null when there is none.</summary>
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

    /// <summary>
    /// Whether isolation from the host must come from the guest's network. A guest without a network is isolated by that.
    /// </summary>
    public static bool NeedsGuestNetwork(Permissions permissions) =>
        permissions is { CanAccessInternet: true, CanAccessHostServices: false };

    /// <summary>
    /// A log of two files of this many bytes, the older of which is deleted for a new one; Podman has one file, and truncates it.
    /// Both engines know this driver by this name; their default driver may be unbounded.
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

    /// <summary>What a sandbox's log may use on the engine's disk, in bytes; 0 when an older couch made it.</summary>
    public static long LogBytes(ContainerInspectResponse container) =>
        container.Config.Labels is { } labels && labels.TryGetValue(LogLabel, out var text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            ? Math.Min(bytes, LogFiles * MostLog)
            : 0;

    // A core file may be written to a place where no limit of the sandbox applies; one file cannot be larger than the sandbox's
    // disk.
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

    // Engines refuse more cores than the machine has, and less than a hundredth.
    private static long NanoCpus(double cores, long most) => (long)(Math.Clamp(cores, ResourceLimits.LeastCpuCores, most) * 1e9);

    private static long Bytes(double bytes) => (long)Math.Min(bytes, MostBytes);
}
