using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Vms;
using Orleans.Concurrency;

namespace Couch.Cluster.Guests;

/// <summary>
/// One guest, keyed by its id: owns the stay, its limits and its end. Any call may throw
/// <see cref="Storage.StorageUnavailableException"/>: the outcome is then unknown, and asking again is safe. A call with a value
/// out of bounds throws <see cref="Domain.Values.OutOfBoundsException"/>, and changes nothing. A guest whose row cannot be read
/// throws <see cref="Storage.UnreadableRowException"/>, but is killed, checks out and expires as any other.
/// </summary>
[Alias("couch.IGuestGrain")]
public interface IGuestGrain : IGrainWithStringKey
{
    /// <summary>Shorter than the timeout after which Orleans abandons the call.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    /// <summary>Admits the guest; a guest that is here already is left unchanged. Durable once answered.</summary>
    /// <returns>True when the guest was not here before.</returns>
    [Alias("Admit")]
    Task<bool> Admit(Admission admission);

    /// <summary>As <see cref="Admit"/>, with a complete state that the caller has made.</summary>
    /// <remarks>
    /// Invites call this until the version in <c>tests/previous-version</c> knows <see cref="Admit"/>: its nodes may hold the guest.
    /// </remarks>
    [Alias("Arrive")]
    Task<bool> Arrive(Guest arriving);

    /// <summary>The guest as of now; null where no guest has this id.</summary>
    [ReadOnly, Alias("Get")]
    Task<Guest?> Get();

    /// <summary>
    /// Answers once the status or the endpoint differs from what the caller has seen, at the latest after
    /// <paramref name="atMost"/>. Blocks nothing: the write that it waits for runs concurrently.
    /// </summary>
    /// <param name="atMost">At most <see cref="LongestWait"/>; a caller that wants more asks again.</param>
    [AlwaysInterleave, Alias("WaitForChange"), ResponseTimeout("00:00:30")]
    Task<Guest?> WaitForChange(GuestStatus status, string? agentEndpoint, TimeSpan atMost);

    /// <summary>Gives a guest that is being provisioned its VM by hand; it runs once this is answered.</summary>
    /// <param name="by">The host key that requested it.</param>
    [Alias("Activate")]
    Task<ActivateOutcome> Activate(string vmId, string agentEndpoint, Actor? by = null);

    /// <summary>
    /// Records absolute counters; values that no counter can have are dropped and counted. They may reach the table up to a second
    /// later, unless they exceed a limit.
    /// </summary>
    /// <param name="by">
    /// The host key that reported them; null for the couch's own measurements, and for counters that it reports again.
    /// </param>
    [Alias("Report")]
    Task<UsageOutcome> Report(UsageReport report, Actor? by = null);

    /// <summary>The kill switch.</summary>
    /// <param name="by">The host key that requested it.</param>
    /// <param name="key">The idempotency key: for a day, a kill that is repeated under it gets the same answer.</param>
    [Alias("Kill")]
    Task<EndOutcome> Kill(Actor? by = null, Idempotency? key = null);

    /// <summary>
    /// Ends the stay at the guest's own request. A stay that has ended already is left as it is, and the outcome says so.
    /// </summary>
    [Alias("CheckOut")]
    Task<EndOutcome> CheckOut();

    /// <summary>Moves the end of the stay by these hours.</summary>
    /// <param name="by">The host key that requested it.</param>
    [Alias("Extend")]
    Task<ExtendOutcome> Extend(double hours, Actor? by = null);

    /// <summary>
    /// Records a report about the VM provider. A report that is duplicate, late or of an older attempt changes nothing that counts.
    /// </summary>
    [Alias("Observe")]
    Task Observe(VmReport report);

    /// <summary>
    /// Looks at the VM of a running guest directly, because the sweep did not find it listed. Answers before the look is done.
    /// </summary>
    [Alias("LookAtVm")]
    Task LookAtVm();

    /// <summary>Records an expiry that is due. Safe at any time, any number of times.</summary>
    [Alias("Settle")]
    Task Settle();

    /// <summary>
    /// Deletes the guest for good, if its stay was past by <paramref name="moment"/>. Its invite is deleted first: a redeemed
    /// invite without its guest would create the guest again.
    /// </summary>
    /// <returns>True when its row was there and has been deleted.</returns>
    [Alias("Purge")]
    Task<bool> Purge(DateTimeOffset moment);
}
