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
/// A guest whose row this version cannot read. It answers nothing, but every end that needs no permission works: the kill
/// switch, its own check-out and its time. The end is written into the row before anything is destroyed, as any other's; its VM
/// is found by its claim, for what the row says of it is not believed. Nothing of this is remembered: each call reads the row
/// again, and goes the usual way once it can be read.
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
            await Remember();
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
        await Overwrite(guest.End(status, reason, at, by, key, vms?.HostName), Transitions.Ended(guest, status, reason, by));
        LogUnreadableEnded(Id, reason.Word());
        counts.GuestEnded(reason);
        // The one thing that was wrong with the row may have been what an end writes anew: then it is a guest as any other.
        await Drive();
    }

    /// <summary>Ticks come every minute for as long as the guest's VM has to go.</summary>
    private Task Overwrite(string text, params IReadOnlyList<CouchEvent> events) => row.Overwrite(
        text, vms is not null && !UnreadableGuest.Of(Id, text).IsReleased ? clock.Now() + GrainWake.Period : null, events);

    private async Task DriveUnreadable()
    {
        var guest = Unreadable;
        if (guest.Ended is null && clock.Now() >= guest.EndsAt)
        {
            // Comes back here for its VM.
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
            // Of a release that an older memory began it is not known what it was asked to destroy.
            case VmReport.Gone gone when work.Release is not null:
                (work, failedReleases) = (work with { Release = null }, 0);
                if (guest.Ended is null || guest.IsReleased)
                    return;
                var now = clock.Now();
                if (guest.BelievedFrom(gone, now) is var believed && believed > now)
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
                WakeAt(clock.Now() + VmRetries.After(++failedReleases, chance.Share(), failure.RetryAfter));
                break;
            case VmReport.Made made when guest.Ended is not null:
                vms?.Destroy(Id, made.VmId);
                break;
        }
    }

    [LoggerMessage(210, LogLevel.Warning, "Guest {GuestId}, whose row cannot be read, has ended: {EndReason}")]
    private partial void LogUnreadableEnded(GuestId guestId, string endReason);
}
