using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Vms;
using Orleans.Concurrency;

namespace Couch.Cluster.Guests;

/// <summary>
/// One guest, keyed by its id: owns the stay, its limits and its end. Any call may throw
/// <see cref="Storage.StorageUnavailableException"/>: the outcome is then unknown, and asking again is safe. A call with a value
/// that cannot be throws <see cref="Domain.Values.OutOfBoundsException"/>, and changes nothing. A guest whose row cannot be read
/// answers <see cref="Storage.UnreadableRowException"/>, but is killed, checks out and expires as any other.
/// </summary>
[Alias("couch.IGuestGrain")]
public interface IGuestGrain : IGrainWithStringKey
{
    /// <summary>Under the time after which Orleans gives up the call.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    /// <summary>Takes the guest in; a guest that is here already stays as it is. Durable once answered.</summary>
    /// <returns>True where the guest was not here before.</returns>
    [Alias("Admit")]
    Task<bool> Admit(Admission admission);

    /// <summary>As <see cref="Admit"/>, by a whole state that the caller has made.</summary>
    /// <remarks>
    /// What invites call as long as a node of a version without <see cref="Admit"/> may hold the guest. The version after this one calls
    /// Admit, and the one after that goes without this.
    /// </remarks>
    [Alias("Arrive")]
    Task<bool> Arrive(Guest arriving);

    /// <summary>The guest as of now; null where no guest has this id.</summary>
    [ReadOnly, Alias("Get")]
    Task<Guest?> Get();

    /// <summary>
    /// Answers once the status or the endpoint differs from what the caller has seen, at the latest after
    /// <paramref name="atMost"/>. Holds nothing up: the write it waits for goes on beside it.
    /// </summary>
    /// <param name="atMost">At most <see cref="LongestWait"/>; a caller that wants more asks again.</param>
    [AlwaysInterleave, Alias("WaitForChange"), ResponseTimeout("00:00:30")]
    Task<Guest?> WaitForChange(GuestStatus status, string? agentEndpoint, TimeSpan atMost);

    /// <param name="by">By which host key.</param>
    [Alias("Activate")]
    Task<ActivateOutcome> Activate(string vmId, string agentEndpoint, Actor? by = null);

    /// <summary>
    /// Takes in absolute counters; what no counter can have is dropped and counted. They may reach the table up to a second later, unless
    /// they cross a limit.
    /// </summary>
    /// <param name="by">By which host key; null for what the couch measures itself, or tells again.</param>
    [Alias("Report")]
    Task<UsageOutcome> Report(UsageReport report, Actor? by = null);

    /// <summary>The kill switch.</summary>
    /// <param name="by">By which host key.</param>
    /// <param name="key">Under which the kill may be repeated for a day, and is answered the same.</param>
    [Alias("Kill")]
    Task<EndOutcome> Kill(Actor? by = null, Idempotency? key = null);

    /// <summary>Ends the stay at the guest's own wish. A stay that had ended before is left as it is, and the outcome says so.</summary>
    [Alias("CheckOut")]
    Task<EndOutcome> CheckOut();

    /// <param name="by">By which host key.</param>
    [Alias("Extend")]
    Task<ExtendOutcome> Extend(double hours, Actor? by = null);

    /// <summary>Takes in what a VM provider reported. Twice, late or for an older attempt, it changes nothing that counts.</summary>
    [Alias("Observe")]
    Task Observe(VmReport report);

    /// <summary>Has the VM of a running guest looked at directly: the sweep has missed it. Answers before the look is done.</summary>
    [Alias("LookAtVm")]
    Task LookAtVm();

    /// <summary>Records an expiry that is due. Safe at any time, any number of times.</summary>
    [Alias("Settle")]
    Task Settle();

    /// <summary>
    /// Deletes the guest for good, where its stay was past by <paramref name="moment"/>. Its invite goes first: a redeemed
    /// invite without its guest would bring it again.
    /// </summary>
    /// <returns>True where it was there and is no longer.</returns>
    [Alias("Purge")]
    Task<bool> Purge(DateTimeOffset moment);
}
