using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Orleans.Concurrency;

namespace Couch.Cluster.Invites;

/// <summary>
/// One invite, keyed by its id: owns its row, its single use and its expiry. Any call may throw
/// <see cref="Storage.StorageUnavailableException"/>: the outcome is then unknown, and asking again is safe. A call with a value
/// that cannot be throws <see cref="Domain.Values.OutOfBoundsException"/>, and changes nothing.
/// </summary>
[Alias("couch.IInviteGrain")]
public interface IInviteGrain : IGrainWithStringKey
{
    /// <summary>Makes the invite, or gives back the one that has this id: creating twice is creating once.</summary>
    [Alias("Create")]
    Task<Invite> Create(CreateInvite command);

    /// <summary>The invite as of now; null where no invite has this id.</summary>
    [ReadOnly, Alias("Get")]
    Task<Invite?> Get();

    /// <summary>Lets one guest in. Answers after the invite's row and the guest's row are durable.</summary>
    [Alias("Redeem")]
    Task<RedeemOutcome> Redeem(RedeemInvite command);

    /// <param name="by">By which host key.</param>
    /// <param name="key">Under which the revocation may be repeated for a day, and is answered the same.</param>
    [Alias("Revoke")]
    Task<RevokeOutcome> Revoke(Actor? by = null, Idempotency? key = null);

    /// <summary>Records an expiry that is due. Safe at any time, any number of times.</summary>
    [Alias("Settle")]
    Task Settle();

    /// <summary>Brings the guest of a redeemed invite that never arrived. Safe at any time, any number of times.</summary>
    /// <returns>True where the guest was missing and has arrived by this call.</returns>
    [Alias("EnsureGuestArrived")]
    Task<bool> EnsureGuestArrived();

    /// <summary>
    /// Deletes the invite for good, where nothing would come of it any more by <paramref name="moment"/>. Its guest is asked first.
    /// </summary>
    /// <returns>True where it was there and is no longer.</returns>
    [Alias("Purge")]
    Task<bool> Purge(DateTimeOffset moment);
}
