using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Couch.Domain.Text;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Housekeeping;

/// <summary>
/// Purges rows that are past their retention. Each row is deleted by its own grain, which decides for itself. The rows at a time
/// and the rows a pass are bounded, so that a couch that is given a retention after years keeps working meanwhile. An invite is
/// deleted before its guest: a redeemed invite without its guest would create the guest again.
/// </summary>
internal sealed partial class Purge(
    Retention retention, HousekeepingRows sweeps, IGrainFactory grains, CouchMeter meter, TimeProvider clock, ILogger<Purge> log)
{
    private const int BatchSize = 500;
    private const int BatchesAPass = 4;
    private const int AtOnce = 8;

    public async Task Pass()
    {
        if (retention.Before(clock.Now()) is not { } moment)
            return;

        await Batches(sweeps.PastGuests);
        await Batches(sweeps.PastInvites);

        async Task Batches(Func<DateTimeOffset, int, int, CancellationToken, Task<IReadOnlyList<PastRow?>>> find)
        {
            var left = 0;
            for (var batch = 0; batch < BatchesAPass; batch++)
            {
                // Rows that cannot be deleted stay at the front. They are skipped, so that they are neither tried again in this
                // pass nor block the others.
                var found = await find(moment, left, BatchSize, CancellationToken.None);
                var stays = await Delete(found, moment);
                left += stays;
                if (found.Count < BatchSize || stays == found.Count)
                    return;
            }
        }
    }

    /// <returns>How many were not deleted.</returns>
    private async Task<int> Delete(IReadOnlyList<PastRow?> found, DateTimeOffset moment)
    {
        var stays = found.Count(past => past is null);
        await Parallel.ForEachAsync(found.OfType<PastRow>(), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (past, _) =>
        {
            try
            {
                if (await grains.Invite(past.InviteId).Purge(moment))
                    meter.Purged(GrainKinds.Invite);
                if (past.GuestId is { } guest && await grains.Guest(guest).Purge(moment))
                    meter.Purged(GrainKinds.Guest);
            }
            catch (UnreadableRowException)
            {
                // Never deleted by a version that cannot read it; logged once a pass for all of them, see UnreadableRows.
                Interlocked.Increment(ref stays);
            }
            catch (Exception failure)
            {
                Interlocked.Increment(ref stays);
                LogNotPurged(past, failure.Message);
            }
        });
        return stays;
    }

    [LoggerMessage(34, LogLevel.Warning, "Housekeeping could not purge {Row}: {Reason}")]
    private partial void LogNotPurged(PastRow row, string reason);
}
