using Couch.Cluster.Configuration;
using Microsoft.Data.Sqlite;

namespace Couch.Cluster.Storage.Sqlite;

/// <summary>What can be wrong with a data folder and the database in it, as sentences for an operator.</summary>
internal static class FolderFailures
{
    // errno, which .NET returns as an IOException's HResult.
    private const int WouldBlockLinux = 11;
    private const int WouldBlockMac = 35;
    private const int NoSpace = 28;
    private const int ReadOnly = 30;

    // Windows' sharing violation.
    private const int SharingViolation = unchecked((int)0x80070020);

    // Less than SQLite needs to continue.
    private const long AsGoodAsFull = 64 * 1024;

    public static bool IsLocked(IOException failure) => failure.HResult is WouldBlockLinux or WouldBlockMac or SharingViolation;

    /// <summary>Runs a step of the start; a failure in the folder is reported as a setting to change.</summary>
    public static T ToSettings<T>(string folder, Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SqliteException or TimeoutException)
        {
            throw new SettingsException($"  - {Explain(folder, failure)}");
        }
    }

    public static string Explain(string folder, Exception failure)
    {
        foreach (var cause in failure.WithCauses())
        {
            switch (cause)
            {
                case SqliteException sqlite:
                    return OfSqlite(folder, sqlite);
                case UnauthorizedAccessException:
                    return $"there is no permission to write in the data folder {folder}; run as its owner, or name another by "
                        + "COUCH_DATA_DIR";
                case TimeoutException:
                    return $"the database in {folder} did not answer in time: {cause.Message}";
                case IOException { HResult: NoSpace }:
                    return Full(folder);
                case IOException { HResult: ReadOnly }:
                    return ReadOnlyFolder(folder);
                case IOException:
                    return $"the data folder {folder} cannot be used: {cause.Message}";
            }
        }

        return $"the database in {folder} cannot be used: {failure.Message}";
    }

    private static string OfSqlite(string folder, SqliteException failure) => failure.SqliteErrorCode switch
    {
        5 or 6 => $"another program keeps the database in {folder} locked; end that program",
        8 => ReadOnlyFolder(folder),
        11 or 26 => $"the database in {folder} is damaged; restore it from a backup",
        13 => Full(folder),
        // A full disk also shows as a failed write or as a file that cannot be made.
        10 or 14 when IsFull(folder) => Full(folder),
        10 => $"the disk under the data folder {folder} fails (SQLite error {failure.SqliteExtendedErrorCode})",
        14 => $"the database in {folder} cannot be opened; look at the folder's owner and permissions",
        var code => $"the database in {folder} failed with SQLite error {code}",
    };

    /// <summary>Null when there is room for more; otherwise the sentence that says that the disk is full.</summary>
    public static string? WhyNoRoom(string folder) => IsFull(folder) ? Full(folder) : null;

    private static string ReadOnlyFolder(string folder) =>
        $"the data folder {folder} is read-only; mount it writable, or name another by COUCH_DATA_DIR";

    private static string Full(string folder) => $"the disk is full: no room left in the data folder {folder}";

    private static bool IsFull(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace < AsGoodAsFull;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }
}
