using System.Text.Json;
using Couch.Cli.CommandLine;

namespace Couch.Cli.Import;

/// <summary>What is known of one row that is being brought.</summary>
internal sealed record LedgerRow
{
    /// <summary>
    /// How many hours were left at the first attempt. A repeated request must be the same to the letter, or its idempotency key is
    /// refused.
    /// </summary>
    public required double Hours { get; init; }

    /// <summary>Its invite in this couch.</summary>
    public string? InviteId { get; init; }

    /// <summary>Its invite's code in this couch.</summary>
    public string? Code { get; init; }

    /// <summary>Its guest in this couch.</summary>
    public string? GuestId { get; init; }

    /// <summary>Its guest's token in this couch.</summary>
    public string? Token { get; init; }

    /// <summary>Whether what its guest had used is still to be reported.</summary>
    public bool OwesUsage { get; init; }
}

/// <summary>All of them, and into which couch.</summary>
internal sealed record LedgerRows
{
    public required string Couch { get; init; }

    public Dictionary<string, LedgerRow> Rows { get; init; } = [];

    /// <summary>How often a row was refused, and what it had made was taken back.</summary>
    public Dictionary<string, int> Refused { get; set; } = [];
}

/// <summary>
/// Remembers, beside the file, what was brought, so that running the import again brings nothing twice, however it ended. It holds codes
/// and tokens: only its owner can read it.
/// </summary>
internal sealed class Ledger
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string path;
    private readonly LedgerRows rows;

    private Ledger(string path, LedgerRows rows) => (this.path, this.rows) = (path, rows);

    /// <summary>The row of a key; null where nothing was done yet.</summary>
    public LedgerRow? this[string key] => rows.Rows.GetValueOrDefault(key);

    /// <summary>
    /// The idempotency key for a row: always the same, until the row is dropped. To that one the couch would go on giving what was taken
    /// back.
    /// </summary>
    public string IdempotencyKeyOf(string key) => rows.Refused.GetValueOrDefault(key) is > 0 and var times ? $"{key}-{times}" : key;

    /// <exception cref="StopException">It cannot be read, or is another couch's.</exception>
    public static Ledger Open(string path, Uri couch)
    {
        try
        {
            if (!File.Exists(path))
                return new(path, new() { Couch = couch.AbsoluteUri });
            var rows = JsonSerializer.Deserialize(File.ReadAllBytes(path), ImportJson.Default.LedgerRows)
                ?? throw new JsonException("it is null");
            return rows.Couch == couch.AbsoluteUri
                ? new(path, rows)
                : throw new StopException(
                    ExitCode.Conflict, $"by {path} this file was brought into {rows.Couch}, and not into {couch}",
                    "give the address of that couch, or another file by --ledger");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new StopException(ExitCode.Failure, $"{path}, the record of what was brought, cannot be read: {unreadable.Message}",
                "repair it, or begin another by --ledger");
        }
    }

    /// <summary>Writes a row, whole or not at all, before anything is done that depends on it.</summary>
    public void Keep(string key, LedgerRow row)
    {
        rows.Rows[key] = row;
        Save();
    }

    /// <summary>Forgets a row that was refused, and whose invite was taken back: the next attempt begins anew.</summary>
    public void Drop(string key)
    {
        rows.Rows.Remove(key);
        rows.Refused[key] = rows.Refused.GetValueOrDefault(key) + 1;
        Save();
    }

    private void Save()
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = OwnerOnly;
            using (var file = new FileStream(path + ".new", options))
                JsonSerializer.Serialize(file, rows, ImportJson.Default.LedgerRows);
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new StopException(
                ExitCode.Failure, $"{path}, the record of what was brought, cannot be written: {refused.Message}",
                "give another by --ledger");
        }
    }
}
