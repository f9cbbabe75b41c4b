using System.Diagnostics;

namespace Couch.Tests.Support;

/// <summary>A small disk of its own, mounted in a temporary folder: the one way to a disk that is really full or read-only.</summary>
internal sealed class TemporaryDisk : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <param name="kilobytes">All the room there is on it.</param>
    public TemporaryDisk(int kilobytes)
    {
        AsRoot("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k,mode=1777", "couch-test", folder.Path);
    }

    public string Path => folder.Path;

    public void MakeReadOnly() => AsRoot("mount", "-o", "remount,ro", folder.Path);

    /// <summary>Leaves no room: whoever writes next finds the disk full.</summary>
    public void Fill()
    {
        using var file = new FileStream(
            folder["filler"], new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 });
        var page = new byte[1024];
        try
        {
            while (true)
                file.Write(page);
        }
        catch (IOException)
        {
            // Full, as intended.
        }
    }

    public void MakeRoom() => File.Delete(folder["filler"]);

    public void Dispose()
    {
        AsRoot("umount", "--lazy", folder.Path);
        folder.Dispose();
    }

    private static void AsRoot(string program, params string[] arguments)
    {
        if (Environment.UserName is not "root")
            (program, arguments) = ("sudo", ["-n", program, .. arguments]);
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode is not 0)
            throw new InvalidOperationException($"this test mounts a small disk, which needs root or sudo: {program} said {said}");
    }
}
