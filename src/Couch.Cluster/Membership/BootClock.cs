using System.Runtime.InteropServices;

namespace Couch.Cluster.Membership;

/// <summary>
/// Time since this machine was started. On Linux it is CLOCK_BOOTTIME, which goes on while the process is stopped and while
/// the machine is suspended, and which cannot be set. Elsewhere it is the system's monotonic clock, which may stand still
/// while a machine is suspended.
/// </summary>
internal sealed class BootClock : TimeProvider
{
    private const long NanosecondsASecond = 1_000_000_000;
    private const int BootTime = 7;

    // With 32-bit pointers the structure has another layout.
    private readonly bool isSupported = OperatingSystem.IsLinux() && Environment.Is64BitProcess && ReadBootTime(BootTime, out _) is 0;

    public override long TimestampFrequency => isSupported ? NanosecondsASecond : System.TimestampFrequency;

    /// <summary>On Linux no system call: the C library reads a page that the kernel shares.</summary>
    public override long GetTimestamp() =>
        !isSupported ? System.GetTimestamp()
        : ReadBootTime(BootTime, out var now) is 0 ? (now.Seconds * NanosecondsASecond) + now.Nanoseconds
        : throw new InvalidOperationException("clock_gettime(CLOCK_BOOTTIME) failed after it had worked");

    [DllImport("libc", EntryPoint = "clock_gettime"), SuppressGCTransition]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ReadBootTime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
