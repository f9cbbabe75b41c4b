using Couch.Cluster.Storage;
using Couch.Domain.Events;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Guests;

/// <summary>
/// A guest whose row this version cannot read. Queries fail, but every end that needs no permission works: the kill switch, its own
/// check-out and its expiry. The end is written into the row before anything is destroyed, as for any other guest; the VM is found
/// by its claim, because the row's data about it is not trusted. The activation caches nothing of this: each call reads the row
/// again, and takes the normal path once the row can be read.
/// </summary>
internal sealed partial class GuestGrain
{
    private int failedReleases;

    private GuestId Id =>
        GuestId.TryParse(this.GetPrimaryKeyString(), out var id) ? id : throw new InvalidOperationException("the key is no guest's id");

    private UnreadableGuest Unreadable => UnreadableGuest.Of(Id, row.Unreadable!);

    private async ValueTask<bool> IsUnreadable()
    {
        try
        {
            await Load();
            return false;
        }
        catch (UnreadableRowException)
        {
            return true;
        }
    }

    private async Task<EndOutcome> EndUnreadable(GuestStatus status, EndReason reason, Actor? by, Idempotency? key = null)
    {
        var guest = Unreadable;
        var now = clock.Now();
        if (guest.Ended is { } before)
        {
            await Drive();
            return before == status && guest.KilledBy(key, now) is { } killed
                ? new EndOutcome.EndedUnreadable(Id, status, reason, killed)
                : new EndOutcome.AlreadyEndedUnreadable(before);
        }

        await WriteEnd(guest, status, reason, now, by, key);
        return row.IsKnown ? new EndOutcome.Ended(row.Current!) : new EndOutcome.EndedUnreadable(Id, status, reason, now);
    }

    private async Task WriteEnd(UnreadableGuest guest, GuestStatus status, EndReason reason, DateTimeOffset at, Actor? by, Idempotency? key)
    {
        await Overwrite(guest.End(status, reason, at, by, key, vms?.ProviderName), Transitions.Ended(guest, status, reason, by));
        LogUnreadableEnded(Id, reason.Word());
        counts.GuestEnded(reason);
        // An end overwrites fields of the row. If one of them was the only defect, the row can be read now, and the guest is a
        // normal one.
        await Drive();
    }

    /// <summary>Ticks come every minute until the guest's VM is gone.</summary>
    private Task Overwrite(string text, params IReadOnlyList<CouchEvent> events) => row.Overwrite(
        text, vms is not null && !UnreadableGuest.Of(Id, text).IsReleased ? clock.Now() + GrainWake.Period : null, events);

    private async Task DriveUnreadable()
    {
        var guest = Unreadable;
        if (guest.Ended is null && clock.Now() >= guest.EndsAt)
        {
            // WriteEnd calls Drive, which returns here to release the VM.
            await WriteEnd(guest, GuestStatus.Expired, EndReason.Expired, guest.EndsAt, null, null);
            return;
        }

        if (vms is null || guest.Ended is null || guest.IsReleased || work.Release is not null)
            return;
        var release = new VmStep.Release(Own: null, guest.Given);
        work = work with { Release = release };
        DelayDeactivation(StayInMemory);
        vms.Release(Id, release, isOfCrowd: guest.Ended is GuestStatus.Expired);
    }

    private async Task ObserveUnreadable(VmReport report)
    {
        var guest = Unreadable;
        switch (report)
        {
            // For a release that an earlier activation began, it is unknown what it was asked to destroy: its report is ignored.
            case VmReport.Gone gone when work.Release is not null:
                (work, failedReleases) = (work with { Release = null }, 0);
                if (guest.Ended is null || guest.IsReleased)
                    return;
                var now = clock.Now();
                if (guest.BelievedFrom(gone, now) is var believed && believed > gone.AsOf(now))
                {
                    await Overwrite(guest.Clean(believed - VmTrack.ListsLag));
                    WakeAt(believed);
                    return;
                }

                await Overwrite(guest.Gone(gone, now), Transitions.Destroyed(guest, now));
                LogVmDestroyed(Id, null);
                break;
            case VmReport.NotGone failure:
                work = work with { Release = null };
                WakeAt(clock.Now() + VmRetries.After(++failedReleases, random.NextFraction(), failure.RetryAfter));
                break;
            case VmReport.Made made when guest.Ended is not null:
                vms?.Destroy(Id, made.VmId);
                break;
        }
    }

    [LoggerMessage(210, LogLevel.Warning, "Guest {GuestId}, whose row cannot be read, has ended: {EndReason}")]
    private partial void LogUnreadableEnded(GuestId guestId, string endReason);
}
