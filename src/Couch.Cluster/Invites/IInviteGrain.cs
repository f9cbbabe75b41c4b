using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Orleans.Concurrency;

namespace Couch.Cluster.Invites;

/// <summary>
/// One invite, keyed by its id: owns its row, its single use and its expiry. Any call may throw
/// <see cref="Storage.StorageUnavailableException"/>: the outcome is then unknown, and asking again is safe. A call with a value
/// out of bounds throws <see cref="Domain.Values.OutOfBoundsException"/>, and changes nothing.
/// </summary>
[Alias("couch.IInviteGrain")]
public interface IInviteGrain : IGrainWithStringKey
{
    /// <summary>Creates the invite, or returns the one that has this id: the call is idempotent.</summary>
    [Alias("Create")]
    Task<Invite> Create(CreateInvite command);

    /// <summary>The invite as of now; null where no invite has this id.</summary>
    [ReadOnly, Alias("Get")]
    Task<Invite?> Get();

    /// <summary>Admits one guest. Answers after the invite's row and the guest's row are durable.</summary>
    [Alias("Redeem")]
    Task<RedeemOutcome> Redeem(RedeemInvite command);

    /// <summary>Takes the invite back, unless it is redeemed or its time is up.</summary>
    /// <param name="by">The host key that requested it.</param>
    /// <param name="key">The idempotency key: for a day, a revocation that is repeated under it gets the same answer.</param>
    [Alias("Revoke")]
    Task<RevokeOutcome> Revoke(Actor? by = null, Idempotency? key = null);

    /// <summary>Records an expiry that is due. Safe at any time, any number of times.</summary>
    [Alias("Settle")]
    Task Settle();

    /// <summary>Creates the guest of a redeemed invite, if it never arrived. Safe at any time, any number of times.</summary>
    /// <returns>True when the guest was missing and has arrived by this call.</returns>
    [Alias("EnsureGuestArrived")]
    Task<bool> EnsureGuestArrived();

    /// <summary>
    /// Deletes the invite for good, if nothing was pending for it any more by <paramref name="moment"/>. Its guest is asked first.
    /// </summary>
    /// <returns>True when its row was there and has been deleted.</returns>
    [Alias("Purge")]
    Task<bool> Purge(DateTimeOffset moment);
}
