using Couch.Cluster.Guests;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Housekeeping;

/// <summary>
/// Finds rows that this version cannot read, before a caller asks for them. No index lists them, so it reads every row in turn, a
/// part at each pass. It logs what it has found as an error every minute, until an operator has repaired it. It changes nothing,
/// but wakes guests: they may have expired without any index showing it.
/// </summary>
internal sealed partial class UnreadableRows(HousekeepingRows sweeps, IGrainFactory grains, CouchMeter meter, ILogger<UnreadableRows> log)
{
    /// <summary>A pass takes about 50 ms; a million rows take seventeen hours of passes.</summary>
    private const int RowsAPass = 1000;

    private const int MostNamed = 10;
    private const int AtOnce = 16;

    /// <summary>Bounds memory for a database full of another version's rows; rows beyond the limit are not counted.</summary>
    private const int MostKept = 10_000;

    private readonly List<RowKey> found = [];
    private IReadOnlyList<RowKey> foundBefore = [];
    private RowKey? last;

    public async Task Pass()
    {
        var part = await sweeps.LookThrough(last, RowsAPass, CancellationToken.None);
        meter.Found(Finding.UnreadableRow, part.Unreadable.Count);
        found.AddRange(part.Unreadable.Take(MostKept - found.Count));
        // Rows that the previous round found count until this round has passed them.
        var known = found.Union(foundBefore.Where(row => IsAhead(row, part.Last))).ToList();
        last = part.Last;
        if (last is null)
        {
            foundBefore = [.. found];
            found.Clear();
        }

        meter.CountUnreadable(known.Count);
        if (known.Count > 0)
            LogFound(known.Count, string.Join(", ", known.Take(MostNamed).Select(row => $"{row.Kind} {row.Id}")));
        await Parallel.ForEachAsync(
            part.Unreadable.Where(row => row.Kind is GrainKinds.Guest), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, Wake);
    }

    private async ValueTask Wake(RowKey guest, CancellationToken cancel)
    {
        try
        {
            await grains.GetGrain<IGuestGrain>(guest.Id).Settle();
        }
        catch (Exception failure)
        {
            // The next round finds it again.
            LogNotWoken(guest.Id, failure.Message);
        }
    }

    private static bool IsAhead(RowKey row, RowKey? last) =>
        last is not null && (string.CompareOrdinal(row.Kind, last.Kind), string.CompareOrdinal(row.Id, last.Id)) is ( > 0, _) or (0, > 0);

    [LoggerMessage(214, LogLevel.Warning, "Guest {GuestId}, whose row cannot be read, could not be woken: {Reason}")]
    private partial void LogNotWoken(string guestId, string reason);

    [LoggerMessage(
        213, LogLevel.Error,
        "couch.row.unreadable: {Count} rows cannot be read by this version, as {Some}. Run the version that wrote them, or repair, restore "
            + "or delete them: "
        + "until then their invites cannot be redeemed, their keys open nothing, and of their guests nothing is known but that they can be "
        + "killed and expire",
        EventName = "couch.row.unreadable")]
    private partial void LogFound(int count, string some);
}
