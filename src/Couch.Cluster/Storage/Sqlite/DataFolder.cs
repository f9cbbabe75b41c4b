using System.Globalization;
using Couch.Cluster.Configuration;
using Couch.Domain.Text;

namespace Couch.Cluster.Storage.Sqlite;

/// <summary>
/// The folder of a single node, held by one process at a time and readable by its owner alone. The kernel releases the lock when
/// the process ends, however it ends, so a crash leaves no stale lock.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    /// <summary>Files whose content is trusted, and those that SQLite trusts beside them.</summary>
    private static readonly string[] Believed = ["signing.key", "couch.db", "couch.db-wal", "couch.db-shm", "couch.lock", "couch.holder"];

    private readonly FileStream held;

    private DataFolder(string path, FileStream held)
    {
        FullPath = path;
        this.held = held;
    }

    public string FullPath { get; }

    /// <summary>Makes the folder if it is not there, and takes it for this process.</summary>
    /// <exception cref="SettingsException">
    /// It cannot be used, or another user could have written to it, or another process holds it: the message names the holder.
    /// </exception>
    public static DataFolder Take(string folder, TimeProvider clock)
    {
        var path = Path.GetFullPath(folder);
        return FolderFailures.ToSettings(path, () =>
        {
            if (File.Exists(path))
                throw new SettingsException($"  - the data folder {path} is a file; name a folder with COUCH_DATA_DIR");
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(path);
            else
                Directory.CreateDirectory(path, OwnerFolder);

            // Before anything is written there, or read.
            FolderTrust.Demand(path);
            foreach (var name in Believed)
                FolderTrust.Demand(Path.Combine(path, name));

            var held = Lock(path);
            try
            {
                WriteHolder(path, clock);
                return new DataFolder(path, held);
            }
            catch
            {
                held.Dispose();
                throw;
            }
        });
    }

    /// <summary>Creates a file if it does not exist, and removes access to it for all users but its owner.</summary>
    public string OwnFile(string name)
    {
        var file = Path.Combine(FullPath, name);
        OpenOwn(file, FileMode.OpenOrCreate, FileShare.ReadWrite).Dispose();
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(file) is not OwnerFile)
            File.SetUnixFileMode(file, OwnerFile);
        return file;
    }

    /// <summary>Writes a file completely or not at all, also when the power fails.</summary>
    public static void WriteWhole(string file, string text)
    {
        var half = file + ".new";
        using (var stream = OpenOwn(half, FileMode.Create, FileShare.None))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(half, file, overwrite: true);
    }

    public void Dispose() => held.Dispose();

    private static FileStream Lock(string path)
    {
        var file = Path.Combine(path, "couch.lock");
        try
        {
            return OpenOwn(file, FileMode.OpenOrCreate, FileShare.None);
        }
        catch (IOException failure) when (FolderFailures.IsLocked(failure))
        {
            throw new SettingsException(
                $"  - the data folder {path} is in use by {Holder(path)}. Stop that process, or give this one a folder of its own " +
                "with COUCH_DATA_DIR. For several nodes on one database, use PostgreSQL: ConnectionStrings__Couch");
        }
    }

    // A locked file cannot be read through .NET, so the holder is named in a file beside it. That file is trusted only while the
    // lock is held.
    private static void WriteHolder(string path, TimeProvider clock) => WriteWhole(
        Path.Combine(path, "couch.holder"),
        string.Create(
            CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName} since {clock.Now().ToIso()}\n"));

    private static string Holder(string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(path, "couch.holder")).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }

    private static FileStream OpenOwn(string file, FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerFile;
        return new FileStream(file, options);
    }
}
