using System.Globalization;
using Couch.Domain.Guests;

namespace Couch.Cluster.Vms.Vers;

/// <summary>
/// A VM's own figures, from its kernel. The guest controls the machine, so the figures are only as reliable as the guest. A
/// restored VM continues its ancestor's counters: CPU and network include the golden image's, and uptime is limited to the VM's
/// age.
/// </summary>
internal static class VersUsage
{
    private const string Border = "---";
    private const double TicksPerSecond = 100;
    private const double KibInMB = 1024;
    private const double KibInGB = 1024 * 1024;
    private const double BytesInGB = KibInGB * 1024;

    /// <summary>The columns of /proc/net/dev after an interface's name.</summary>
    private const int SentBytes = 8;

    public static IReadOnlyList<string> Command { get; } =
        ["sh", "-c", string.Join($"; echo {Border}; ", "cat /proc/stat", "cat /proc/meminfo", "cat /proc/net/dev", "cat /proc/uptime",
            "df -kP /")];

    /// <param name="text">What <see cref="Command"/> printed.</param>
    /// <param name="age">How long the VM has existed.</param>
    /// <returns>Null when the text is not that.</returns>
    public static UsageReport? Read(string text, TimeSpan age)
    {
        if (text.Split($"{Border}\n") is not [var stat, var memory, var network, var uptime, var disk])
            return null;
        try
        {
            return new UsageReport
            {
                CpuSeconds = BusyTicks(stat) / TicksPerSecond,
                MemoryPeakMB = (Kib(memory, "MemTotal:") - Kib(memory, "MemAvailable:")) / KibInMB,
                NetworkEgressGB = Sent(network) / BytesInGB,
                UptimeSeconds = Math.Clamp(Number(Words(uptime)[0]), 0, Math.Max(0, age.TotalSeconds)),
                DiskUsedGB = Number(Words(Lines(disk)[^1])[2]) / KibInGB,
            };
        }
        catch (Exception odd) when (odd is FormatException or IndexOutOfRangeException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>user, nice, system, irq and softirq: not the idle ones between them, nor what other VMs stole.</summary>
    private static double BusyTicks(string stat)
    {
        var columns = Words(Lines(stat).First(line => line.StartsWith("cpu ", StringComparison.Ordinal)));
        return new[] { 1, 2, 3, 6, 7 }.Sum(column => Number(columns[column]));
    }

    private static double Kib(string memory, string name) =>
        Number(Words(Lines(memory).First(line => line.StartsWith(name, StringComparison.Ordinal)))[1]);

    private static double Sent(string network) => Lines(network)
        .Select(line => line.Split(':'))
        .Where(parts => parts.Length is 2 && parts[0].Trim() is not "lo")
        .Sum(parts => Number(Words(parts[1])[SentBytes]));

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static double Number(string text) => double.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
}
