using System.Globalization;
using System.Text;

namespace Couch.VersSimulator.Vms;

/// <summary>The kernel's own figures of a VM, in the kernel's own layout.</summary>
internal static class Proc
{
    private const int TicksPerSecond = 100;

    public static byte[]? Read(SimulatedVm vm, string path, DateTimeOffset now) => path switch
    {
        "/proc/stat" => Bytes(Stat(vm, now)),
        "/proc/meminfo" => Bytes(MemInfo(vm)),
        "/proc/net/dev" => Bytes(NetDev(vm)),
        "/proc/uptime" => Bytes(string.Create(CultureInfo.InvariantCulture, $"{Uptime(vm, now):0.00} {Idle(vm, now):0.00}\n")),
        _ => null,
    };

    /// <summary>What <c>df -k /</c> prints.</summary>
    public static string DiskFree(SimulatedVm vm)
    {
        var total = vm.DiskMib * 1024L;
        var used = Math.Min(vm.Usage.DiskUsedKib, total);
        return $"""
            Filesystem     1K-blocks     Used Available Use% Mounted on
            /dev/vda  {total,14} {used,8} {total - used,9} {Math.Ceiling(100.0 * used / total),3}% /

            """;
    }

    private static string Stat(SimulatedVm vm, DateTimeOffset now)
    {
        var cores = Math.Max(1, vm.Usage.Cores);
        var busy = (long)(vm.Usage.CpuSeconds * TicksPerSecond);
        var idle = (long)(Idle(vm, now) * TicksPerSecond);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\n");
        for (var core = 0; core < cores; core++)
            text.Append(CultureInfo.InvariantCulture, $"cpu{core} {busy / cores} 0 0 {idle / cores} 0 0 0 0 0 0\n");
        return text.Append(CultureInfo.InvariantCulture, $"""
            intr 0
            ctxt 0
            btime {vm.BootedAt.ToUnixTimeSeconds()}
            processes 1
            procs_running 1
            procs_blocked 0

            """).ToString();
    }

    private static string MemInfo(SimulatedVm vm)
    {
        var (total, free) = (vm.Usage.MemoryTotalKib, Math.Max(0, vm.Usage.MemoryTotalKib - vm.Usage.MemoryUsedKib));
        return $"""
            MemTotal:       {total,8} kB
            MemFree:        {free,8} kB
            MemAvailable:   {free,8} kB
            Buffers:        {0,8} kB
            Cached:         {0,8} kB

            """;
    }

    private static string NetDev(SimulatedVm vm) => $"""
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo:     840      10    0    0    0     0          0         0      840      10    0    0    0     0       0          0
          eth0: {vm.Usage.ReceivedBytes,7} {vm.Usage.ReceivedBytes / 1500,7}    0    0    0     0          0         0 {vm.Usage.SentBytes,8} {vm.Usage.SentBytes / 1500,7}    0    0    0     0       0          0

        """;

    private static double Uptime(SimulatedVm vm, DateTimeOffset now) => Math.Max(0, (now - vm.BootedAt).TotalSeconds);

    private static double Idle(SimulatedVm vm, DateTimeOffset now) =>
        Math.Max(0, (Uptime(vm, now) * Math.Max(1, vm.Usage.Cores)) - vm.Usage.CpuSeconds);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
