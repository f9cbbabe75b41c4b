using Couch.Cluster.Housekeeping;
using Couch.Domain.Guests;

namespace Couch.Cluster.Guests;

/// <summary>
/// Guests that hosts know before they have a row: an invite's redemption is committed, with the event that names the guest, before the
/// guest arrives. A crash between the two commits keeps the guest away for up to a minute, and then it arrives and runs. So a host that
/// names such a guest has it arrive first, and is answered about it as about any other.
/// </summary>
public sealed class Arrivals(HousekeepingRows rows, IGrainFactory grains)
{
    /// <summary>The guest as of now; null where no guest has this id.</summary>
    /// <inheritdoc cref="Ask"/>
    public Task<Guest?> Find(GuestId id, CancellationToken cancel) => Ask(id, guest => guest.Get(), guest => guest is null, cancel);

    /// <summary>Asks the guest; where none has this id but an invite is redeemed by it, has it arrive and asks again.</summary>
    /// <param name="isUnknown">Whether the answer says that no guest has this id.</param>
    /// <exception cref="Storage.StorageUnavailableException">The outcome is unknown.</exception>
    /// <exception cref="Storage.UnreadableRowException">
    /// The guest's row cannot be read, or there is none and the invite's row, which says of what the guest is made, cannot be read.
    /// </exception>
    public async Task<T> Ask<T>(GuestId id, Func<IGuestGrain, Task<T>> ask, Func<T, bool> isUnknown, CancellationToken cancel)
    {
        var guest = grains.Guest(id);
        var answer = await ask(guest);
        if (!isUnknown(answer) || await rows.RedeemedBy([id], cancel) is not [var redeemed, ..])
            return answer;
        await grains.Invite(redeemed.InviteId).EnsureGuestArrived();
        return await ask(guest);
    }
}
