using Couch.Cluster.Guests;
using Couch.Cluster.Invites;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Couch.Domain.Text;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Housekeeping;

/// <summary>
/// Lets what is past be deleted, each row by its own grain, which decides for itself: a few at a time and so many a pass,
/// so that a couch that is given a retention after years stays a couch meanwhile. The invite goes before its guest: a
/// redeemed invite without its guest is one that has yet to bring it.
/// </summary>
internal sealed partial class Purge(Retention retention, Sweeps sweeps, IGrainFactory grains, CouchMeter meter, TimeProvider clock, ILogger<Purge> log)
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

        async Task Batches(Func<DateTimeOffset, int, CancellationToken, Task<IReadOnlyList<PastRow>>> find)
        {
            for (var batch = 0; batch < BatchesAPass; batch++)
            {
                var found = await find(moment, BatchSize, CancellationToken.None);
                var isAllGone = await Delete(found, moment);
                // What cannot be deleted now is left for the next pass, and must not be asked again in this one.
                if (found.Count < BatchSize || !isAllGone)
                    return;
            }
        }
    }

    private async Task<bool> Delete(IReadOnlyList<PastRow> found, DateTimeOffset moment)
    {
        var isAllGone = true;
        await Parallel.ForEachAsync(found, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (past, _) =>
        {
            try
            {
                if (await grains.GetGrain<IInviteGrain>(past.InviteId.Value).Purge(moment))
                    meter.Purged(GrainKinds.Invite);
                if (past.GuestId is { } guest && await grains.GetGrain<IGuestGrain>(guest.Value).Purge(moment))
                    meter.Purged(GrainKinds.Guest);
            }
            catch (Exception failure)
            {
                isAllGone = false;
                LogNotPurged(past, failure.Message);
            }
        });
        return isAllGone;
    }

    [LoggerMessage(34, LogLevel.Warning, "Housekeeping could not purge {Row}: {Reason}")]
    private partial void LogNotPurged(PastRow row, string reason);
}
