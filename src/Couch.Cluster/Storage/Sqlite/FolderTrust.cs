using System.Runtime.InteropServices;
using System.Text;
using Couch.Cluster.Configuration;

namespace Couch.Cluster.Storage.Sqlite;

/// <summary>
/// Checks that the contents of a data folder can only come from this process's own user, or from root: sshd's rule. Another user
/// who may write there decides which codes are genuine and which guests there are. Checked on Linux alone, where owners can be
/// read.
/// </summary>
internal static class FolderTrust
{
    private const uint Root = 0;
    private const int MostLinks = 40;

    private const uint WritableByGroup = 0x10;
    private const uint WritableByOthers = 0x2;
    private const uint WritableByMore = WritableByGroup | WritableByOthers;
    private const uint Sticky = 0x200;
    private const uint Kind = 0xF000;
    private const uint Link = 0xA000;
    private const uint Folder = 0x4000;

    /// <summary>
    /// Refuses a path that belongs to another user or may be written by more than its owner, and a path on which another user could
    /// replace a folder or a file. A path that does not exist has no owner.
    /// </summary>
    /// <param name="path">A folder or a file, in full.</param>
    /// <exception cref="SettingsException">It cannot be trusted: which path, why, and the command that mends it.</exception>
    public static void Demand(string path)
    {
        if (!OperatingSystem.IsLinux())
            return;

        var user = GetEffectiveUser();
        var ahead = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var here = "/";
        for (var links = 0; ahead.TryPop(out var name);)
        {
            if (name is "." or "..")
            {
                here = name is "." ? here : Path.GetDirectoryName(here) ?? "/";
                continue;
            }

            var next = Path.Combine(here, name);
            if (Look(next) is not { } seen)
                return;
            if ((seen.Mode & Kind) is Link)
            {
                if (seen.User is not Root && seen.User != user)
                    throw Refusal(
                        $"{next} is a symbolic link of user {seen.User}, and this process runs as user {user}", $"chown -h {user} {next}");
                if (++links > MostLinks)
                    throw new IOException($"too many symbolic links on the way to {path}");
                var target = new FileInfo(next).LinkTarget!;
                foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
                    ahead.Push(part);
                here = target.StartsWith('/') ? "/" : here;
                continue;
            }

            if (ahead.Count > 0)
                DemandWay(next, seen, path);
            else
                DemandOwn(next, seen, user);
            here = next;
        }
    }

    private static void DemandOwn(string path, Status seen, uint user)
    {
        if (seen.User is not Root && seen.User != user)
            throw Refusal($"{path} belongs to user {seen.User}, and this process runs as user {user}: run it as that user, or",
                $"chown -R {user} {path}");
        if ((seen.Mode & WritableByMore) is not 0)
            throw Refusal($"{path} (mode {Octal(seen)}) can be written by {Who(seen)}", $"chmod go-w {path}");
    }

    /// <summary>A user who may write in a folder without the sticky bit can replace what is in it.</summary>
    private static void DemandWay(string folder, Status seen, string path)
    {
        if ((seen.Mode & Kind) is Folder && (seen.Mode & WritableByOthers) is not 0 && (seen.Mode & Sticky) is 0)
            throw Refusal($"everybody may put another in the place of {path}, because {folder} (mode {Octal(seen)}) can be written by "
                + "others", $"chmod o-w {folder}");
    }

    private static string Who(Status seen) => (seen.Mode & WritableByMore) switch
    {
        WritableByGroup => $"its group ({seen.Group})",
        WritableByOthers => "others",
        _ => $"its group ({seen.Group}) and others",
    };

    private static string Octal(Status seen) => Convert.ToString((int)(seen.Mode & 0xFFF), 8).PadLeft(4, '0');

    private static SettingsException Refusal(string sentence, string command) =>
        new($"  - the data folder is not this couch's alone: {sentence}: {command}");

    /// <summary>The status of the path itself, not of a link's target; null when it does not exist.</summary>
    private static Status? Look(string path)
    {
        var status = new Status();
        if (StatX(AtWorkingFolder, Encoding.UTF8.GetBytes(path + '\0'), NotThroughLinks, BasicStatus, ref status) is 0)
            return status;
        return Marshal.GetLastPInvokeError() switch
        {
            NotThere or NoFolder => null,
            NotAllowed => throw new UnauthorizedAccessException(),
            _ => throw new IOException(Marshal.GetLastPInvokeErrorMessage()),
        };
    }

    private const int AtWorkingFolder = -100;
    private const int NotThroughLinks = 0x100;
    private const uint BasicStatus = 0x7FF;
    private const int NotThere = 2;
    private const int NotAllowed = 13;
    private const int NoFolder = 20;

    // The only call for a file's status whose result has the same layout on every processor.
    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(int folder, byte[] path, int flags, uint mask, ref Status status);

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GetEffectiveUser();

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(20)] public uint User;
        [FieldOffset(24)] public uint Group;
        [FieldOffset(28)] public ushort Mode;
    }
}
