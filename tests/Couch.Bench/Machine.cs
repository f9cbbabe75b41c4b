using System.Runtime.InteropServices;
using Couch.Domain.Text;

namespace Couch.Bench;

/// <summary>What the figures were had on: a ratio travels, a rate does not.</summary>
internal static class Machine
{
    public static string Describe(string folder) => string.Join(" · ",
        $"{Environment.ProcessorCount} cores",
        Cpu(),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        $"{Report.Number(Math.Round(SyncsPerSecond(folder)))} synced 4 KiB writes/s",
        TimeProvider.System.Now().ToIso());

    private static string Cpu() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':',
            2)[1].Trim()
        ?? RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>How often a second one writer can have something on the disk for sure: the bound of any commit rate.</summary>
    private static double SyncsPerSecond(string folder)
    {
        var file = Path.Combine(folder, "synced");
        var clock = TimeProvider.System;
        var page = new byte[4096];
        var syncs = 0;
        using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.DeleteOnClose,
        });
        var began = clock.GetTimestamp();
        while (clock.GetElapsedTime(began) < TimeSpan.FromSeconds(1))
        {
            stream.Write(page);
            stream.Flush(flushToDisk: true);
            syncs++;
        }

        return syncs / clock.GetElapsedTime(began).TotalSeconds;
    }
}
